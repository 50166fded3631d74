// The verdict as people say it. Pure.
import type { VerdictLine, VerdictView } from '@parallax/protocol';
import { formatLatency as formatCoarse, formatCount } from '../../lib/format.ts';

/** As everywhere, but a few µs are not rounded to nothing: `0.042 ms`. */
export const formatLatency = (us: number): string =>
  Math.abs(us) < 100 ? `${us < 0 ? '−' : ''}${(Math.abs(us) / 1000).toFixed(3)}\u00a0ms` : formatCoarse(us);

export const percentName = (percent: number | null): string => (percent === null ? 'mean' : `p${percent}`);

/** `0.31–0.55 ms`, signs only where they differ from the difference's own. */
export function intervalText([low, high]: readonly [number, number], deltaUs: number): string {
  const [nearUs, farUs] = deltaUs < 0 ? [-high, -low] : [low, high];
  const text = (us: number) => formatLatency(us);
  const [near, far] = [text(nearUs), text(farUs)];
  const unit = near.split('\u00a0')[1];
  return unit !== undefined && far.endsWith(unit) && nearUs >= 0 ? `${near.split('\u00a0')[0]}–${far}` : `${near} to ${far}`;
}

/** `+0.31 to +0.55 ms`, of target minus online. */
export function signedIntervalText([low, high]: readonly [number, number]): string {
  const [near, far] = [low, high].map((us) => `${us > 0 ? '+' : ''}${formatLatency(us)}`) as [string, string];
  const [value, unit] = near.split('\u00a0');
  return unit !== undefined && far.endsWith(`\u00a0${unit}`) ? `${value} to ${far}` : `${near} to ${far}`;
}

/** `target slower by 0.42 ms at p99 (95 % CI 0.31–0.55 ms), n = 12 840 pairs` */
export function verdictText(line: VerdictLine | undefined, view: VerdictView): string {
  const n = `n = ${formatCount(view.pairs)} pairs`;
  if (line === undefined) return 'not enough data: no exchange is known on both servers in this window';
  const where = line.percent === null ? 'on average' : `at ${percentName(line.percent)}`;
  const interval = `(95 % CI ${intervalText(line.within95, line.deltaUs)})`;
  switch (line.outcome) {
    case 'slower':
    case 'faster':
      return `target ${line.outcome} by ${formatLatency(Math.abs(line.deltaUs))} ${where} ${interval}, ${n}`;
    case 'same': {
      const isSure = line.within995[0] > 0 || line.within995[1] < 0;
      const reason = isSure ? `below the ${formatLatency(view.resolutionUs)} that count` : 'chance explains it';
      return `no difference shown ${where}: ${formatLatency(Math.abs(line.deltaUs))} ${line.deltaUs < 0 ? 'faster' : 'slower'} ${interval}, ${reason}, ${n}`;
    }
    case 'not enough data':
      return `not enough data ${where}: ${line.lacks}`;
  }
}
