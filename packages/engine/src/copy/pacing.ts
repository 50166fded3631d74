// When may bytes of a later turn go out? (tcp-behaviour, "Pacing")
import { seqDiff } from '@parallax/wire';
import type { Work } from '../work.ts';
import { ANSWERED, type Copy, EARLY_ANSWER, NO_ANSWER } from './copy.ts';
import { settleExchanges } from './exchanges.ts';

/** An early answer counts as the answer after so long a quiet behind the turn's last acknowledgement. */
const EARLY_QUIET_MS = 200;
/** An answer of another length than the online server's is over after so long a quiet, before the connection may end. */
const END_QUIET_MS = 200;

/** May bytes (or the end) of `turn`, said at `saidAtMs` when the client had seen the online server up to `seenAck`, go out now? If not, `held` says why and a timer may come. */
export function maySend(work: Work, copy: Copy, turn: number, saidAtMs: number, seenAck: number): boolean {
  switch (copy.mapping.pacing) {
    case 'window':
      beginTurn(copy, turn);
      return true;
    case 'timing': {
      const { hasClientAck, firstAckAtMs } = copy.session;
      const zeroMs = copy.isLate ? copy.saidAtMs : firstAckAtMs;
      const sendAtMs = hasClientAck ? copy.openedAtMs + saidAtMs - zeroMs : 0;
      if (sendAtMs > work.nowMs) {
        copy.held = 'client timing';
        copy.paceAtMs = Math.ceil(sendAtMs);
        return false;
      }
      copy.paceAtMs = 0;
      beginTurn(copy, turn);
      return true;
    }
    case 'response': {
      if (turn === copy.turn) return true;
      const isAnswered = copy.answer === ANSWERED || isAsFarAsOnline(copy, seenAck) || (copy.hasMetOnline && aheadOfOnline(copy, seenAck) >= 0);
      if (copy.sendUnacked === copy.sendNext && (isAnswered || copy.isTargetFinSeen)) {
        if (!isAnswered && copy.turnHasBytes) copy.hasUnanswered = true;
        settleExchanges(copy, copy.turn, isAnswered ? 'delivered' : 'deliveredUnanswered');
        beginTurn(copy, turn);
        return true;
      }
      copy.held = 'waiting for the answer';
      if (copy.holdAtMs === 0) copy.holdAtMs = work.nowMs + work.limits.answerTimeoutMs;
      if (copy.answer === EARLY_ANSWER && copy.quietAtMs === 0 && copy.sendUnacked === copy.sendNext) copy.quietAtMs = work.nowMs + EARLY_QUIET_MS;
      return false;
    }
  }
}

/**
 * May the client's FIN or reset go out now? Servers abandon an answer at it, and a pushed segment may be only the first part of one: while the target has
 * not said what the client had seen of the online server, it must have been quiet for a moment.
 */
export function mayEnd(work: Work, copy: Copy): boolean {
  const { session } = copy;
  const { lastTurn, lastSaidAtMs, lastAck } = session;
  if (copy.mapping.pacing === 'response' && lastTurn !== copy.turn && copy.answer === ANSWERED && !copy.isTargetFinSeen && knowsOnline(copy)) {
    const aheadBytes = aheadOfOnline(copy, lastAck);
    const endAtMs = Math.min(copy.progressAtMs + END_QUIET_MS, lastSaidAtMs + work.limits.answerTimeoutMs);
    if ((session.isReset ? aheadBytes < 0 : aheadBytes !== 0) && work.nowMs < endAtMs) {
      copy.held = 'waiting for the answer';
      copy.paceAtMs = Math.ceil(endAtMs);
      return false;
    }
    copy.paceAtMs = 0;
  }
  return maySend(work, copy, lastTurn, lastSaidAtMs, lastAck);
}

/** The target has said exactly as many bytes as the client had seen of the online server when it spoke: nothing is left to wait for, even if no answer ended here. */
const isAsFarAsOnline = (copy: Copy, seenAck: number): boolean => knowsOnline(copy) && aheadOfOnline(copy, seenAck) === 0;

/**
 * The target spoke, or the online server did: have both said the same number of bytes by now, or had the online server when it paused? Then they answer alike, and
 * the target has answered all that the client had seen up to here, even if it did so before the client's latest turn.
 */
export function meetOnline(copy: Copy): boolean {
  const { session } = copy;
  if (!session.hasOnlineNext || !knowsOnline(copy)) return false;
  const behindBytes = -aheadOfOnline(copy, session.onlineNext);
  copy.hasMetOnline = behindBytes === 0 || (behindBytes > 0 && session.pushes !== null && session.pushes.has((session.onlineNext - behindBytes) | 0));
  return copy.hasMetOnline;
}

/** Can it be said how much the client had seen of the online server since this copy began? */
const knowsOnline = ({ isLate, session }: Copy): boolean => isLate || session.hasOnlineIss;

/** Bytes that the target has said beyond those that the client had seen of the online server, both since this copy began. */
function aheadOfOnline(copy: Copy, seenAck: number): number {
  const seenFrom = copy.isLate ? copy.seenAtStart : (copy.session.onlineIss + 1) | 0;
  return (seqDiff(copy.receiveNext, (copy.targetIss + 1) | 0) - seqDiff(seenAck, seenFrom)) | 0;
}

function beginTurn(copy: Copy, turn: number): void {
  if (turn === copy.turn) return;
  copy.turn = turn;
  copy.turnSeq = copy.sendNext;
  if (turn > copy.lastTurn) copy.lastTurn = turn;
  copy.answer = NO_ANSWER;
  copy.turnHasBytes = false;
  copy.quietAtMs = 0;
  copy.holdAtMs = 0;
}

/** The target did not answer in time: the next turn goes all the same, and the copy's account remembers. */
export function giveUpOnAnswer(copy: Copy): void {
  copy.holdAtMs = 0;
  settleExchanges(copy, copy.turn, 'deliveredUnanswered');
  copy.hasUnanswered = true;
  copy.answer = ANSWERED;
}
