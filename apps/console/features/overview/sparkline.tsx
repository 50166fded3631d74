import type { LiveSample } from '@parallax/protocol';
import { staleAfterMs } from '../live/freshness.ts';

const width = 88;
const height = 22;
const spanMs = 2 * 60_000;

type Props = { side: 'online' | 'target'; samples: readonly LiveSample[]; nowMs: number | null /** The height that both sides share. */; max: number };

/** Requests/s of the last two minutes. Where no sample came the line is broken. */
export function Sparkline({ side, samples, nowMs, max }: Props) {
  if (nowMs === null) return <svg aria-hidden="true" width={width} height={height} />;
  let path = '';
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const sample of samples) {
    if (sample.atMs < nowMs - spanMs) continue;
    const x = width - ((nowMs - sample.atMs) / spanMs) * width;
    const y = height - 1 - (sample.exchanges[side] / Math.max(max, 1)) * (height - 2);
    path += `${sample.atMs - lastMs > staleAfterMs ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    lastMs = sample.atMs;
  }
  return (
    <svg aria-hidden="true" width={width} height={height} className="block overflow-visible">
      <line x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} stroke="var(--line)" />
      <path d={path} fill="none" stroke={`var(--${side})`} strokeWidth="1.4" strokeLinejoin="round" />
    </svg>
  );
}
