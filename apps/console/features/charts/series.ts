// Samples as chart columns. Pure.
import type { LiveSample } from '@parallax/protocol';
import { staleAfterMs } from '../live/freshness.ts';

/** Times in s, as uPlot wants them, and one list per series. Null breaks the line. */
export type Columns = { times: number[]; values: (number | null)[][] };

/** One row per sample from `fromMs` on; where samples are missing a row of nulls, so that a gap stays a gap. */
export function toColumns(samples: readonly LiveSample[], fromMs: number, picks: readonly ((sample: LiveSample) => number | null)[]): Columns {
  const columns: Columns = { times: [], values: picks.map(() => []) };
  const add = (atMs: number, valueAt: (index: number) => number | null) => {
    columns.times.push(atMs / 1000);
    for (const [index, list] of columns.values.entries()) list.push(valueAt(index));
  };
  let lastMs: number | null = null;
  for (const sample of samples) {
    if (sample.atMs < fromMs) continue;
    if (lastMs !== null && sample.atMs - lastMs > staleAfterMs) add((lastMs + sample.atMs) / 2, () => null);
    add(sample.atMs, (index) => picks[index]!(sample));
    lastMs = sample.atMs;
  }
  return columns;
}
