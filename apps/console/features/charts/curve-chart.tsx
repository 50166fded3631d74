'use client';
import { useMemo, useRef, useState } from 'react';
import type uPlot from 'uplot';
import { formatDifference, formatLatency } from '../../lib/format.ts';
import { axisLook, css, logAxis, usePlot } from './use-plot.ts';

type Props = {
  label: string;
  percents: readonly number[];
  onlineUs: readonly number[];
  targetUs: readonly number[];
  heightPx: number;
  formatAxis: (us: number) => string;
};

/** p90 at 1, p99 at 2, p99.9 at 3. */
const ninesOf = (percent: number): number => -Math.log10(1 - percent / 100);

export function formatPercent(percent: number): string {
  if (percent === 0) return 'min';
  const beyond = 100 - percent;
  const digits = beyond >= 1 ? 1 : Math.min(6, Math.ceil(-Math.log10(beyond)) + 1);
  return `p${Number(percent.toFixed(digits))}`;
}

/** Latency by percentile; each further nine takes the same width, so that the tail is as visible as the middle. */
export function CurveChart(props: Props) {
  const { label, percents, onlineUs, targetUs, heightPx } = props;
  const latest = useRef(props);
  latest.current = props;
  const [cursor, setCursor] = useState<number | null>(null);
  const data = useMemo((): uPlot.AlignedData => [percents.map(ninesOf), [...onlineUs], [...targetUs]], [percents, onlineUs, targetUs]);
  const line = (color: 'online' | 'target'): uPlot.Series => ({ stroke: () => css(color), width: 1.8, points: { show: false } });
  const [host] = usePlot(
    heightPx,
    () => ({
      padding: [8, 26, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false, setScale: false }, points: { size: 6 } },
      scales: {
        x: { time: false, range: (_, min, max) => [Math.min(0, min ?? 0), Math.max(1, max ?? 1)] },
        y: { distr: 3, range: (_, min, max) => (min === null || max === null ? [100, 10_000] : [Math.max(1, min) / 1.25, Math.max(1, max) * 1.25]) },
      },
      axes: [
        {
          ...axisLook,
          space: 40,
          size: 26,
          splits: (_, __, min, max) => [Math.log10(2), ...Array.from({ length: Math.floor(max) }, (___, at) => at + 1)].filter((at) => at >= min && at <= max),
          values: (_, ticks) => ticks.map((nines) => formatPercent(100 * (1 - 10 ** -nines))),
        },
        { ...logAxis((value) => latest.current.formatAxis(value)), size: 62 },
      ],
      series: [{}, line('online'), line('target')],
      hooks: { setCursor: [(plot) => setCursor(plot.cursor.idx ?? null)] },
    }),
    data,
    [],
  );
  const at = cursor ?? -1;
  return (
    <figure aria-label={label} className="min-w-0">
      <figcaption className="mb-1 flex min-h-5 flex-wrap items-center gap-x-4 text-xs">
        {(
          [
            ['online', onlineUs],
            ['target', targetUs],
          ] as const
        ).map(([side, values]) => (
          <span key={side} data-legend={side} className="flex items-center gap-1.5">
            <svg aria-hidden="true" width="16" height="4">
              <line x1="0" x2="16" y1="2" y2="2" stroke={`var(--${side})`} strokeWidth="2.5" />
            </svg>
            <span className="text-soft">{side}</span>
            <span className="min-w-14 font-medium">{formatLatency(values[at] ?? null)}</span>
          </span>
        ))}
        {percents[at] !== undefined && (
          <span className="ml-auto text-soft">
            {formatPercent(percents[at])}: {formatDifference(targetUs[at]! - onlineUs[at]!)}
          </span>
        )}
      </figcaption>
      <div ref={host} aria-hidden="true" style={{ height: heightPx }} />
    </figure>
  );
}
