import type { LiveSample } from '@parallax/protocol';

/** A sample comes every second; one this old is not about now any more. */
export const staleAfterMs = 3_500;

/** The sample of this moment; null if the newest one is too old to be. */
export function freshSample(samples: readonly LiveSample[], nowMs: number | null): LiveSample | null {
  const last = samples.at(-1);
  return last && nowMs !== null && nowMs - last.atMs <= staleAfterMs ? last : null;
}
