// From a difference and its uncertainty to a sentence.
import type { Estimate, PairedBootstrap } from './bootstrap.ts';

/** Seconds (or longer spans) with pairs that it takes to see how they vary. */
export const LEAST_BLOCKS = 20;
/** Pairs that must lie beyond a percentile for it to mean something. */
export const LEAST_BEYOND = 10;
export const REPLICATES = 4000;

/** `same`: no difference is shown, which is not to say that there is none. */
export type Outcome = 'slower' | 'faster' | 'same' | 'not enough data';

export interface Verdict extends Estimate {
  outcome: Outcome;
  /** Why there is not enough data; null when there is. */
  lacks: string | null;
}

/** What stands in the way of an estimate; null when nothing does. */
function lacking({ blocks, used }: PairedBootstrap, percent: number | null): string | null {
  const wanted = percent === null ? 100 : Math.ceil(LEAST_BEYOND / (1 - percent / 100) - 1e-6);
  if (used < wanted) return `${used} paired exchanges, ${percent === null ? 'a mean' : `p${percent}`} needs ${wanted}`;
  if (blocks < LEAST_BLOCKS) return `paired exchanges in only ${blocks} spans of time, ${LEAST_BLOCKS} are needed`;
  return null;
}

/**
 * Slower or faster if the whole 99.5 % interval is further from zero than what the measurement can tell (`resolutionUs`).
 * So strict because several percentiles are judged at once: together they call two equal servers different in about two of a hundred windows.
 */
export function verdictOf(bootstrap: PairedBootstrap, estimate: Estimate, resolutionUs: number): Verdict {
  const lacks = lacking(bootstrap, estimate.percent);
  if (lacks !== null) return { ...estimate, outcome: 'not enough data', lacks };
  const [low, high] = estimate.within995;
  const isShown = low > resolutionUs || high < -resolutionUs;
  return { ...estimate, outcome: isShown ? (estimate.deltaUs > 0 ? 'slower' : 'faster') : 'same', lacks };
}
