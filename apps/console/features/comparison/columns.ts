// Points as chart columns. Pure.
import type { ComparisonPoint } from '@parallax/protocol';
import type { Columns } from '../charts/series.ts';

type Pick = (point: ComparisonPoint) => number | null;

/** One row per point; where steps are missing a row of nulls, so that a gap stays a gap. Lines run through the middle of their steps. */
export function toColumns(points: readonly ComparisonPoint[], stepMs: number, picks: readonly Pick[]): Columns {
  const columns: Columns = { times: [], values: picks.map(() => []) };
  const add = (atMs: number, value: (pick: Pick) => number | null) => {
    columns.times.push((atMs + stepMs / 2) / 1000);
    for (const [index, pick] of picks.entries()) columns.values[index]!.push(value(pick));
  };
  let expectedMs: number | null = null;
  for (const point of points) {
    if (expectedMs !== null && point.atMs > expectedMs) add(expectedMs, () => null);
    add(point.atMs, (pick) => pick(point));
    expectedMs = point.atMs + stepMs;
  }
  return columns;
}

/** Per second of what is known of the step; null if nothing is. */
export const perSecond = (count: number, seconds: number): number | null => (seconds === 0 ? null : count / seconds);

/** In percent; null without an exchange. */
export const errorPercent = ({ count, errors }: { count: number; errors: number }): number | null => (count === 0 ? null : (errors / count) * 100);
