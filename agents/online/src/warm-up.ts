// The first thousands of packets would run in V8's interpreter, many times slower, while the ring fills. So the packet path rehearses before it says that it
// is open: a throw-away engine mirrors made-up conversations through the same classes, and nothing of it can leave: a stage has no socket, and where there is none, no destination is
// allowed yet.
// V8 compiles for what it has seen, and throws that away when something else comes: what is rehearsed must be as what comes, in its mixture too.
import type { Io } from '@parallax/device';
import type { Limits } from '@parallax/engine';
import { Rehearsal } from './rehearsal.ts';

/** Longest rehearsal; a slow host stops in between. */
const WITHIN_MS = 600;
/** Then some rest, are parked and woken again and again, for so long at most. */
const SLEEP_WITHIN_MS = 150;
const GROUPS = 24;
/** Of a first engine, which only shows V8 that there will be another: where the two differ, it compiles for both. */
const FIRST_GROUPS = 2;

export interface WarmedUp {
  /** How often a session was parked. */
  parks: number;
  /** To be kept: V8 forgets the shape of objects when it collects the last of them, and throws away what it had compiled for them. */
  specimens: readonly object[];
}

/** Run the packet path's code until V8 has compiled it. The device must be open, nothing allowed and nobody reading it. */
export function warmUp(io: Io, limits: Partial<Limits>, withinMs = WITHIN_MS, sleepWithinMs = SLEEP_WITHIN_MS): WarmedUp {
  const untilMs = performance.now() + withinMs;
  const first = new Rehearsal(io, limits);
  first.converse(FIRST_GROUPS, untilMs);
  first.close();
  const rehearsal = new Rehearsal(io, limits);
  rehearsal.converse(GROUPS, untilMs);
  const parks = rehearsal.sleep(performance.now() + sleepWithinMs);
  const specimens = rehearsal.specimens();
  rehearsal.close();
  return { parks, specimens };
}
