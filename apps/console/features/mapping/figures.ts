// Figures that more than one place shows, from samples. Pure.
import type { Forecast, LiveSample } from '@parallax/protocol';
import { totalOf } from '../ledger/waterfall.ts';

type Ledger = LiveSample['ledger'];

/** Copies of which every byte reached the target, of those that had their chance: begun with their session, ended, and not by a stop. */
export function delivered(ledger: Ledger): { done: number; ended: number } {
  const { delivered, deliveredUnanswered, inFlight, midStreamSkipped, sampledOut, stopped } = ledger.copies;
  return { done: delivered + deliveredUnanswered, ended: totalOf(ledger.copies) - inFlight - midStreamSkipped - sampledOut - stopped };
}

/** Copies of a session open per open session: what the multiplier comes to. Null while no session is open. */
export const achievedMultiplier = (sample: LiveSample): number | null => (sample.sessionsOpen === 0 ? null : sample.copiesOpen / sample.sessionsOpen);

/** The latest answer to whether ports suffice; agents look every few seconds. Null where none can be missing, or nobody has looked lately. */
export function latestForecast(samples: readonly LiveSample[]): Forecast | null {
  for (const sample of samples.slice(-15).reverse()) if (sample.forecast !== undefined) return sample.forecast;
  return null;
}

type Side = LiveSample['latency']['online'];

/** Target minus online in µs; null unless both are known. */
export function difference(online: number | null, target: number | null): number | null {
  return online === null || target === null ? null : target - online;
}

/** Latency of the last minute, or of the second where the minute is not told. */
export const recentLatency = (sample: LiveSample): { online: Side; target: Side } => sample.lastMinute ?? sample.latency;

/** Sums a count over the samples of the last `ms`. */
export function sumOverLast(samples: readonly LiveSample[], ms: number, nowMs: number, count: (sample: LiveSample) => number): number {
  return samples.reduce((sum, sample) => (sample.atMs >= nowMs - ms ? sum + count(sample) : sum), 0);
}
