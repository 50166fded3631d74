// Sessions and copies whose end was not captured, or whose target does not finish, do not stay for ever.
import type { Copy } from './copy/copy.ts';
import { deliveredEnding, endWithReset, isLive, silentEnding } from './copy/end.ts';
import type { Ending } from './ledger.ts';
import { endSession } from './session/client-step.ts';
import { wasDropped } from './session/dropped.ts';
import type { Session } from './session/session.ts';
import type { Work } from './work.ts';

/** End the copy if it has been silent for too long. */
export function sweepCopy(work: Work, copy: Copy): void {
  if (!isLive(copy)) return;
  const { session } = copy;
  const { limits, nowMs } = work;
  if (!copy.mapping.isRelayUp || copy.resendAtMs !== 0) return; // nobody can tell how far it is; or it is trying, and will give up by itself
  const quietMs = nowMs - Math.max(copy.progressAtMs, session.isOver ? session.lastSaidAtMs : session.lastSeenMs);
  const isFinished = copy.isFinAcked && session.isOver; // only the target's FIN is missing
  if (quietMs < (isFinished ? limits.answerTimeoutMs : idleMs(work, session))) return;
  if (session.hasEarlyReset && !session.isReset) return endSession(work, session, session.turn); // what it overtook never came, nor did the online server ever acknowledge it
  endWithReset(work, copy, copy.isFinAcked ? deliveredEnding(copy) : idleEnding(work, copy));
}

/** When a session at rest is of interest to the sweep, if nothing happens on it until then. */
export function idleAtMs(work: Work, session: Session): number {
  let sinceMs = session.liveCopies === 0 ? session.lastSeenMs : Number.POSITIVE_INFINITY;
  for (const copy of session.copies) if (isLive(copy)) sinceMs = Math.min(sinceMs, Math.max(copy.progressAtMs, session.lastSeenMs));
  return sinceMs + idleMs(work, session);
}

/** Nothing was captured of the session for so long that it can be forgotten, once no copy goes on. */
export const isSessionIdle = (work: Work, session: Session): boolean => session.liveCopies === 0 && work.nowMs - session.lastSeenMs >= idleMs(work, session);

function idleEnding(work: Work, copy: Copy): Ending {
  const ending = silentEnding(copy);
  return ending === 'timedOut' && wasDropped(work, copy.session) ? 'captureDrop' : ending;
}

function idleMs({ limits }: Work, session: Session): number {
  const isDone = session.isOver || session.hasFin || session.hasEarlyReset || session.isOnlineFinSeen || !(session.hasClientAck || session.isCompleteAlone);
  return isDone ? limits.idleDoneMs : limits.idleOpenMs;
}
