// Did the kernel lose what is missing?
import type { Work } from '../work.ts';
import type { Session } from './session.ts';

/** Packets were lost a moment ago. */
export const isAfterDrop = (work: Work): boolean => work.nowMs - work.dropAtMs < work.limits.dropSpanMs;

/** Packets were lost since the session's stream last grew, or a moment ago. */
export const wasDropped = (work: Work, session: Session): boolean => session.dropsAtMove !== work.captureDrops || isAfterDrop(work);
