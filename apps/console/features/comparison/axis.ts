// How axes of the comparison say time and latency. Pure.
import { formatTime } from '../../lib/format.ts';

const dayMs = 86_400_000;

/** Seconds where steps are that fine, days where the window is that long. */
export function tickFormat(spanMs: number, stepMs: number): (atMs: number) => string {
  if (stepMs < 60_000) return formatTime;
  const time = (atMs: number) => formatTime(atMs).slice(0, 5);
  if (spanMs < dayMs) return time;
  return (atMs) => `${new Date(atMs).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${time(atMs)}`;
}

/** `0.4 ms`, `12 ms`, `1.5 s`, `80 µs`: as short as an axis wants it. */
export function formatAxisLatency(us: number): string {
  const amount = Math.abs(us);
  const sign = us < 0 ? '−' : '';
  if (amount === 0) return '0';
  if (amount < 100) return `${sign}${Number(amount.toPrecision(2))} µs`;
  if (amount < 1_000_000) return `${sign}${Number((amount / 1000).toPrecision(3))} ms`;
  return `${sign}${Number((amount / 1_000_000).toPrecision(3))} s`;
}
