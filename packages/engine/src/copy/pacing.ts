// When may bytes of a later turn go out? (tcp-behaviour, "Pacing")
import type { Work } from '../work.ts';
import { ANSWERED, type Copy, EARLY_ANSWER, NO_ANSWER } from './copy.ts';

/** An early answer counts as the answer after so long a quiet behind the turn's last acknowledgement. */
const EARLY_QUIET_MS = 200;

/** May bytes (or the end) that belong to `turn`, captured at `capturedAtUs`, go out now? If not, `held` says why and a timer may come. */
export function maySend(work: Work, copy: Copy, turn: number, capturedAtUs: number): boolean {
  switch (copy.mapping.config.pacing) {
    case 'window':
      beginTurn(copy, turn);
      return true;
    case 'timing': {
      const sendAtMs = copy.openedAtMs + (capturedAtUs - copy.session.firstAckAtUs) / 1000;
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
      if (copy.answer === ANSWERED && copy.sendUnacked === copy.sendNext) {
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

function beginTurn(copy: Copy, turn: number): void {
  if (turn === copy.turn) return;
  copy.turn = turn;
  copy.answer = NO_ANSWER;
  copy.turnHasBytes = false;
  copy.quietAtMs = 0;
  copy.holdAtMs = 0;
}

/** The target did not answer in time: the next turn goes all the same, and the copy's account remembers. */
export function giveUpOnAnswer(copy: Copy): void {
  copy.holdAtMs = 0;
  copy.hasUnanswered = true;
  copy.answer = ANSWERED;
}
