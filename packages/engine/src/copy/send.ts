// Sends what may be sent: window, congestion and pacing permitting (RFC 9293 §3.8, RFC 5681).
import { seqDiff } from '@parallax/wire';
import { finishTargetTurn } from '../latency/turns.ts';
import { NONE } from '../pieces.ts';
import type { Work } from '../work.ts';
import { type Copy, EARLY_ANSWER, isSynSent, NO_ANSWER, updateDeadline } from './copy.ts';
import { emitData, emitFin, emitSyn } from './emit.ts';
import { deliveredEnding, endWithReset } from './end.ts';
import { mayEnd, maySend } from './pacing.ts';
import { armProbe } from './tail-probe.ts';

/** Send SYN, or send it again. */
export function sendSyn(work: Work, copy: Copy): void {
  if (isSynSent(copy)) copy.isSynTimed = false; // which of them the answer is for nobody knows
  copy.sendNext = copy.sendMax = (copy.iss + 1) | 0;
  copy.timedAtMs = work.nowMs;
  emitSyn(work, copy);
  wantStamp(work, copy);
  copy.resendAtMs = work.nowMs + copy.rtoMs;
  arm(work, copy);
}

/** Send all that pacing, the target's window and congestion control permit now; what stays behind gets its reason in `held`. */
export function sendWhatMay(work: Work, copy: Copy): void {
  if (copy.state === 'opening') {
    copy.held = copy.nextPiece === NONE ? null : 'handshake with the target';
    return;
  }
  if (copy.state !== 'open' || copy.mapping.refusal !== null) return; // refused: whoever was told ends it
  copy.held = null;
  const { pieces } = work;
  while (copy.nextPiece !== NONE) {
    const piece = copy.nextPiece;
    if (!copy.mapping.isRelayUp) {
      copy.held = 'no route to the assistant';
      break;
    }
    if (!maySend(work, copy, pieces.turn[piece]!, pieces.saidAtMs[piece]!, pieces.clientAck[piece]!)) break;
    const offset = seqDiff(copy.sendNext, pieces.seq[piece]!);
    const leftBytes = pieces.lengthBytes[piece]! - offset;
    const lengthBytes = Math.min(leftBytes, copy.mssBytes, roomBytes(copy, Math.min(leftBytes, copy.mssBytes)));
    if (lengthBytes <= 0) break;
    emitData(work, copy, copy.sendNext, pieces.at[piece]! + offset, lengthBytes, lengthBytes === leftBytes && pieces.push[piece] === 1);
    onSent(work, copy, lengthBytes);
    if (lengthBytes === leftBytes) copy.nextPiece = pieces.next[piece]!;
  }
  if (copy.nextPiece === NONE) sendEnd(work, copy);
  arm(work, copy);
}

/** How much of `wantedBytes` fits; sets the reason and the persist timer when nothing does. Small remainders wait while something is on its way (RFC 1122 §4.2.3.4). */
function roomBytes(copy: Copy, wantedBytes: number): number {
  const inFlightBytes = seqDiff(copy.sendNext, copy.sendUnacked);
  const window = copy.sendWindowBytes - inFlightBytes;
  const congestion = copy.congestionWindowBytes - inFlightBytes;
  if (window >= wantedBytes && congestion >= wantedBytes) return wantedBytes;
  if (congestion < wantedBytes && inFlightBytes > 0) {
    copy.held = 'congestion window';
    return 0;
  }
  if (window > 0 && inFlightBytes === 0) return Math.min(window, wantedBytes);
  copy.held = 'target window';
  return 0;
}

function onSent(work: Work, copy: Copy, lengthBytes: number): void {
  if (copy.answer !== NO_ANSWER && copy.sendNext === copy.sendMax) copy.answer = EARLY_ANSWER; // the turn goes on: what came before was no answer to all of it
  copy.sendNext = (copy.sendNext + lengthBytes) | 0;
  copy.turnHasBytes = true;
  if (seqDiff(copy.sendNext, copy.sendMax) > 0) {
    copy.sendMax = copy.sendNext;
    if (!copy.isTiming) {
      copy.isTiming = true;
      copy.timedSeq = copy.sendNext;
      copy.timedAtMs = work.nowMs;
    }
    if (copy.talk !== null) copy.talk.onSent(copy.sendMax);
    else if (!copy.isAwaitingTarget) finishTargetTurn(work, copy);
    copy.isAwaitingTarget = true;
    copy.isResent = false;
    wantStamp(work, copy);
  } else {
    copy.isResent = true;
    copy.talk?.onResent();
    copy.mapping.retransmissions++;
  }
  if (copy.resendAtMs === 0) copy.resendAtMs = work.nowMs + copy.rtoMs;
  copy.persistAtMs = 0;
  if (copy.sendNext === copy.sendMax) armProbe(work, copy);
}

/** All bytes are out: FIN or reset, in its turn. */
function sendEnd(work: Work, copy: Copy): void {
  const { session } = copy;
  if (session.isReset) {
    if (copy.headPiece === NONE && mayEnd(work, copy)) endWithReset(work, copy, deliveredEnding(copy));
    return;
  }
  if (!session.isFinReached || copy.isFinSent) return;
  if (!copy.mapping.isRelayUp || !mayEnd(work, copy)) return;
  emitFin(work, copy);
  copy.isFinSent = true;
  copy.sendNext = (session.finSeq + 1) | 0;
  if (seqDiff(copy.sendNext, copy.sendMax) > 0) copy.sendMax = copy.sendNext;
  if (copy.resendAtMs === 0) copy.resendAtMs = work.nowMs + copy.rtoMs;
  armProbe(work, copy);
}

/** Send the first unacknowledged segment again, and only that. */
export function resendHead(work: Work, copy: Copy): void {
  copy.isTiming = false; // Karn: a resent segment measures nothing (RFC 6298 §3)
  copy.isResent = true;
  copy.talk?.onResent();
  copy.mapping.retransmissions++;
  const piece = copy.headPiece;
  if (piece !== NONE) {
    const offset = seqDiff(copy.sendUnacked, work.pieces.seq[piece]!);
    const leftBytes = work.pieces.lengthBytes[piece]! - offset;
    const lengthBytes = Math.min(leftBytes, copy.mssBytes, seqDiff(copy.sendMax, copy.sendUnacked)); // of a piece cut by the window, no more than was said
    emitData(work, copy, copy.sendUnacked, work.pieces.at[piece]! + offset, lengthBytes, lengthBytes === leftBytes && work.pieces.push[piece] === 1);
  } else if (copy.isFinSent) emitFin(work, copy);
}

function wantStamp(work: Work, copy: Copy): void {
  copy.sentAtMs = work.nowMs;
  if (copy.isAwaitingStamp) return;
  copy.isAwaitingStamp = true;
  work.stampDue.push(copy);
}

/** A zero window is probed with back-off (RFC 9293 §3.8.6.1); then the earliest deadline goes to the wheel. */
export function arm(work: Work, copy: Copy): void {
  if (copy.held === 'target window' && copy.sendUnacked === copy.sendNext) {
    copy.resendAtMs = 0; // beyond a closed window nothing can be resent; the probe takes over
    if (copy.persistAtMs === 0) copy.persistAtMs = work.nowMs + Math.min(copy.rtoMs * 2 ** copy.persistCount, work.limits.rtoMaxMs);
  } else copy.persistAtMs = 0;
  updateDeadline(copy);
  work.wheel.arm(copy);
}
