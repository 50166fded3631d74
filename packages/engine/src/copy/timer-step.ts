// Time passed: the deadlines of one copy that have come.
import { seqDiff } from '@parallax/wire';
import type { Work } from '../work.ts';
import { ANSWERED, type Copy } from './copy.ts';
import { emitAck, emitProbe } from './emit.ts';
import { endWithReset, onLingerEnd, silentEnding } from './end.ts';
import { giveUpOnAnswer } from './pacing.ts';
import { cutAfterTimeout, TRIES_TO_CUT } from './path-mss.ts';
import { backOff } from './round-trip.ts';
import { arm, sendSyn, sendWhatMay } from './send.ts';
import { lookAgainAtMs } from './silence.ts';
import { onProbeTimeout } from './tail-probe.ts';

const isDue = (atMs: number, nowMs: number) => atMs !== 0 && atMs <= nowMs;

export function onCopyTimer(work: Work, copy: Copy): void {
  const { nowMs } = work;
  if (copy.state === 'closed') return;
  if (isDue(copy.lingerAtMs, nowMs)) return onLingerEnd(work, copy);
  if (isDue(copy.ackAtMs, nowMs)) emitAck(work, copy);
  if (isDue(copy.resendAtMs, nowMs)) {
    onResendTimeout(work, copy);
    if (copy.ending !== null) return;
  }
  if (isDue(copy.probeAtMs, nowMs)) onProbeTimeout(work, copy);
  if (isDue(copy.persistAtMs, nowMs) && !onPersistTimeout(work, copy)) return;
  if (isDue(copy.quietAtMs, nowMs)) {
    copy.quietAtMs = 0;
    copy.answer = ANSWERED;
  }
  if (isDue(copy.holdAtMs, nowMs)) {
    if (copy.mapping.isRelayUp) giveUpOnAnswer(copy);
    else copy.holdAtMs = nowMs + work.limits.answerTimeoutMs; // no answer can arrive
  }
  if (isDue(copy.paceAtMs, nowMs)) copy.paceAtMs = 0;
  sendWhatMay(work, copy);
  arm(work, copy);
}

/** Ask for the window again. A target that answers may keep it closed for ever; one that does not is gone. False when the copy was given up. */
function onPersistTimeout(work: Work, copy: Copy): boolean {
  copy.persistAtMs = 0;
  if (!copy.mapping.isRelayUp) return true;
  copy.persistCount++;
  if (++copy.retries > work.limits.retries) {
    endWithReset(work, copy, silentEnding(copy));
    return false;
  }
  emitProbe(work, copy);
  return true;
}

/** The acknowledgement may have been captured and not be here yet: the time-out is put off. */
function mayStillBeAcked(work: Work, copy: Copy): boolean {
  if (copy.resendAtMs !== copy.resendLaterAtMs) copy.resendDueAtMs = copy.resendAtMs;
  const laterAtMs = lookAgainAtMs(work, copy, copy.resendDueAtMs);
  if (laterAtMs === 0) return false;
  copy.resendAtMs = copy.resendLaterAtMs = laterAtMs;
  return true;
}

/** Nothing was acknowledged for a whole RTO: go back to the first unacknowledged byte with the smallest window (RFC 6298 §5, RFC 5681 §3.1). */
function onResendTimeout(work: Work, copy: Copy): void {
  if (copy.mapping.isRelayUp && mayStillBeAcked(work, copy)) return;
  copy.resendAtMs = copy.probeAtMs = 0;
  copy.isProbed = copy.isTiming = false;
  if (!copy.mapping.isRelayUp) {
    copy.resendAtMs = work.nowMs + copy.rtoMs; // no answer can arrive; the target is not to blame
    return;
  }
  copy.retries++;
  const isSilent = work.nowMs - copy.progressAtMs >= work.limits.targetTimeoutMs;
  const mostRetries = copy.state === 'opening' ? work.limits.synRetries : work.limits.retries + (copy.isCut ? TRIES_TO_CUT : 0);
  if (isSilent || copy.retries > mostRetries) return endWithReset(work, copy, silentEnding(copy));
  backOff(copy, work.limits);
  if (copy.state === 'opening') {
    copy.mapping.retransmissions++;
    return sendSyn(work, copy);
  }
  cutAfterTimeout(work, copy);
  copy.slowStartBytes = Math.max(seqDiff(copy.sendMax, copy.sendUnacked) >> 1, 2 * copy.mssBytes);
  copy.congestionWindowBytes = copy.mssBytes;
  copy.isRecovering = false;
  copy.duplicateAcks = 0;
  copy.sendNext = copy.sendUnacked;
  copy.nextPiece = copy.headPiece;
  if (!copy.isFinAcked) copy.isFinSent = false;
  copy.resendAtMs = work.nowMs + copy.rtoMs;
}
