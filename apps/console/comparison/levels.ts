// How finely comparison is kept, and for how long.
import { z } from 'zod';

/** Each level is rolled up from the one before. */
export const STEPS_S = [1, 10, 60, 600, 3600] as const;
export type StepS = (typeof STEPS_S)[number];

export interface Level {
  stepS: StepS;
  keptMs: number;
}

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const names: Record<string, StepS> = { '1s': 1, '10s': 10, '1m': 60, '10m': 600, '1h': 3600 };

export const DEFAULT_KEPT = '1s=1h,10s=6h,1m=2d,10m=14d,1h=400d';
/** A second may come so late (an agent keeps what it could not tell). */
export const LATEST_MS = 600_000;

const Duration = /^(\d+)([smhd])$/;

/** `1s=1h,10s=6h,…`: what is left out keeps its default. */
export const Levels = z.string().transform((text, context): Level[] => {
  const kept = new Map<StepS, number>();
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  for (const part of `${DEFAULT_KEPT},${text}`.split(',').filter((each) => each.trim() !== '')) {
    const [name, duration] = part.trim().split('=');
    const stepS = names[name ?? ''];
    const match = Duration.exec(duration ?? '');
    if (stepS === undefined || !match)
      return refuse(`--keep "${part}": give STEP=DURATION with a step of ${Object.keys(names).join(', ')} and a duration like 90m, 6h, 14d`);
    kept.set(stepS, Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]);
  }
  const levels = STEPS_S.map((stepS) => ({ stepS, keptMs: kept.get(stepS)! }));
  for (const [index, { stepS, keptMs }] of levels.entries()) {
    const next = levels[index + 1];
    const leastMs = LATEST_MS + 2 * (next?.stepS ?? stepS) * 1000;
    const name = Object.keys(names).find((each) => names[each] === stepS);
    if (keptMs < leastMs) return refuse(`--keep: ${name} must be kept for at least ${Math.ceil(leastMs / 60_000)}m: the next level is made from it`);
    if (next !== undefined && next.keptMs < keptMs)
      return refuse(`--keep: ${name} is kept for longer than the coarser level behind it: give that at least as much`);
  }
  return levels;
});

export const defaultLevels = (): Level[] => Levels.parse('');

/** The beginning of the span of `stepS` that holds `atMs`. */
export const spanOf = (atMs: number, stepS: number): number => Math.floor(atMs / (stepS * 1000)) * stepS * 1000;
