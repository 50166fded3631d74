// The assistant is back: a copy goes on at once, and nothing of the outage is blamed on the target.
import type { Limits } from '../limits.ts';
import type { Work } from '../work.ts';
import type { Copy } from './copy.ts';
import { emitProbe } from './emit.ts';
import { isLive } from './end.ts';
import { sendSyn, sendWhatMay } from './send.ts';

/** All that becomes of a copy that waits for nothing. */
export function forgive(copy: Copy, limits: Limits, atMs: number): void {
  copy.retries = copy.sendFailures = 0;
  copy.progressAtMs = atMs;
  copy.rtoMs = Math.max(limits.rtoMinMs, Math.min(copy.rtoMs, limits.rtoInitialMs));
}

export function resume(work: Work, copy: Copy): void {
  if (!isLive(copy)) return;
  forgive(copy, work.limits, work.nowMs);
  if (copy.state === 'opening') return sendSyn(work, copy);
  const soonMs = work.nowMs + 1;
  if (copy.resendAtMs !== 0) copy.resendAtMs = soonMs;
  if (copy.persistAtMs !== 0) copy.persistAtMs = soonMs;
  if (copy.holdAtMs !== 0) copy.holdAtMs = work.nowMs + work.limits.answerTimeoutMs;
  if (copy.isAwaitingTarget) emitProbe(work, copy); // the answer may have come meanwhile: its acknowledgement's number will tell
  sendWhatMay(work, copy);
}
