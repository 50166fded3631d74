// From sums to figures. Pure.
import { type Histogram, lowestUs } from '@parallax/latency';
import type { ComparisonPoint, ComparisonView, DifferenceFigures, KindFigures, Measure, SecondCounts, SideFigures } from '@parallax/protocol';
import type { KindSum, SideSum } from './kind-sum.ts';

export function sideFigures(side: SideSum, measure: Measure): SideFigures {
  const at = (percent: number) => side[measure].percentileUs(percent);
  return { count: side.count, errors: side.errors, p50Us: at(50), p90Us: at(90), p99Us: at(99), p999Us: at(99.9) };
}

export function differenceFigures(difference: Histogram): DifferenceFigures {
  const at = (percent: number) => difference.percentileUs(percent);
  return { count: difference.count, p10Us: at(10), p50Us: at(50), p90Us: at(90) };
}

export const kindFigures = (kind: string, sum: KindSum, measure: Measure): KindFigures => ({
  kind,
  online: sideFigures(sum.online, measure),
  target: sideFigures(sum.target, measure),
  difference: differenceFigures(sum.difference),
});

export const pointOf = (atMs: number, seconds: number, { online, target }: SecondCounts, sum: KindSum, measure: Measure): ComparisonPoint => ({
  atMs,
  seconds,
  resets: { online: online.resets, target: target.resets },
  online: sideFigures(sum.online, measure),
  target: sideFigures(sum.target, measure),
  difference: differenceFigures(sum.difference),
});

export function percentiles(histogram: Histogram): { count: number; p50Us: number | null; p90Us: number | null; p99Us: number | null } {
  const at = (percent: number) => histogram.percentileUs(percent);
  return { count: histogram.count, p50Us: at(50), p90Us: at(90), p99Us: at(99) };
}

/** Percentiles as far as they mean something: for each ten-fold of nines eight, until less than one exchange lies beyond. */
export function curveOf(online: Histogram, target: Histogram): ComparisonView['curve'] {
  const percents: number[] = [];
  const most = Math.min(online.count, target.count);
  for (let at = 0; most > 0 && 10 ** (at / 8) <= most; at++) percents.push(100 * (1 - 10 ** (-at / 8)));
  return {
    percents,
    onlineUs: percents.map((percent) => online.percentileUs(percent)!),
    targetUs: percents.map((percent) => target.percentileUs(percent)!),
  };
}

const MOST_ROWS = 48;

/** Borders of a heatmap's rows, each the same ratio from the last and a round number of them for each ten-fold, from the shortest latency to the longest. */
export function heatEdges(sides: readonly Histogram[]): number[] {
  const filled = sides.filter(({ count }) => count > 0);
  if (filled.length === 0) return [];
  const shortest = Math.max(1, Math.min(...filled.map((side) => side.percentileUs(0)!)));
  const longest = Math.max(...filled.map((side) => side.percentileUs(100)!));
  const perTenfold = [32, 16, 8, 4].find((each) => Math.log10(longest / shortest) * each < MOST_ROWS - 2) ?? 2;
  const first = Math.floor(Math.log10(shortest) * perTenfold);
  const last = Math.max(first, Math.floor(Math.log10(longest) * perTenfold));
  return Array.from({ length: last - first + 2 }, (_, at) => 10 ** ((first + at) / perTenfold));
}

/** Exchanges between neighbouring edges; what lies beyond the outermost counts there. */
export function heatRow(histogram: Histogram, edgesUs: readonly number[]): number[] {
  const rows = new Array<number>(Math.max(0, edgesUs.length - 1)).fill(0);
  let row = 0;
  histogram.forEach((index, count) => {
    const us = lowestUs(index);
    while (row < rows.length - 1 && us >= edgesUs[row + 1]!) row++;
    if (rows.length > 0) rows[row]! += count;
  });
  return rows;
}
