// A wall clock that was set meanwhile shows in a span that cannot be (tcp-behaviour row 53).
import type { Work } from '../work.ts';

/** The time of a packet of which nobody knows whether the clock was set before or after it. */
export const NO_TIME_US = 1;

/** How long it was from one packet to another, µs; NaN, which nothing is less or more than, if that is not known. */
export const spanOf = (fromUs: number, toUs: number): number => (fromUs === NO_TIME_US || toUs === NO_TIME_US ? Number.NaN : toUs - fromUs);

/** Two clocks of one host that measured the same span may differ by so much. */
const CLOCK_SLACK_US = 1_000_000;
/** The path may be faster than it was in the fastest handshake by so much. */
const OFFSET_SLACK_US = 50_000;

/** Can a span that began at `fromMs` of the engine's clock, or later, have lasted so long? */
export const isPlausibleOnline = (work: Work, spanUs: number, fromMs: number): boolean =>
  spanUs >= 0 && spanUs <= (work.nowMs - fromMs) * 1000 + CLOCK_SLACK_US;

/** The same with the assistant's clock at its end. */
export const isPlausibleAtTarget = (work: Work, spanUs: number, fromMs: number): boolean =>
  spanUs >= -OFFSET_SLACK_US && spanUs <= (work.nowMs - fromMs) * 1000 + CLOCK_SLACK_US;
