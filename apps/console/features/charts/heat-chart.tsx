'use client';
import { useMemo, useRef, useState } from 'react';
import type uPlot from 'uplot';
import { formatCount, formatLatency } from '../../lib/format.ts';
import { axisLook, css, logAxis, sharedCrosshair, usePlot } from './use-plot.ts';

type Props = {
  label: string;
  color: 'online' | 'target';
  /** Beginnings of the columns, ms, and how long each lasts. */
  timesMs: readonly number[];
  stepMs: number;
  /** Borders of the rows, µs, ascending. */
  edgesUs: readonly number[];
  /** For each column the count of each row. */
  cells: readonly (readonly number[])[];
  /** The count that gets the full colour. */
  most: number;
  fromMs: number;
  toMs: number;
  heightPx: number;
  crosshair: string;
  formatTick: (atMs: number) => string;
  formatAxis: (us: number) => string;
  onSelect: (fromMs: number, toMs: number) => void;
};

/** How often each latency came, over time: the more often, the stronger the colour, on a logarithmic scale. */
export function HeatChart(props: Props) {
  const { label, color, timesMs, stepMs, edgesUs, cells, most, fromMs, toMs, heightPx, formatTick } = props;
  const latest = useRef(props);
  latest.current = props;
  const [under, setUnder] = useState<{ at: number; us: number } | null>(null);
  const data = useMemo((): uPlot.AlignedData => [timesMs.map((atMs) => (atMs + stepMs / 2) / 1000), timesMs.map(() => null)], [timesMs, stepMs]);

  const [host] = usePlot(
    heightPx,
    () => ({
      padding: [8, 26, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false }, sync: sharedCrosshair(props.crosshair) },
      scales: {
        x: { range: () => [latest.current.fromMs / 1000, latest.current.toMs / 1000] },
        y: { distr: 3, range: () => [latest.current.edgesUs[0] ?? 100, latest.current.edgesUs.at(-1) ?? 10_000] },
      },
      axes: [
        { ...axisLook, space: 70, size: 26, values: (_, ticks) => ticks.map((at) => latest.current.formatTick(at * 1000)) },
        { ...logAxis((value) => latest.current.formatAxis(value)), size: 62 },
      ],
      series: [{}, {}],
      hooks: {
        draw: [(plot) => drawCells(plot, latest.current)],
        setCursor: [
          (plot) => {
            const { idx, top } = plot.cursor;
            setUnder(idx === null || idx === undefined || top === undefined || top < 0 ? null : { at: idx, us: plot.posToVal(top, 'y') });
          },
        ],
        setSelect: [
          (plot) => {
            const { left, width } = plot.select;
            if (width < 6) return;
            latest.current.onSelect(plot.posToVal(left, 'x') * 1000, plot.posToVal(left + width, 'x') * 1000);
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    }),
    data,
    [fromMs, toMs, cells, most],
  );

  const row = under === null ? -1 : edgesUs.findLastIndex((edge) => edge <= under.us);
  const count = under === null ? null : (cells[under.at]?.[row] ?? null);
  return (
    <figure aria-label={label} className="min-w-0">
      <figcaption className="mb-1 flex min-h-5 flex-wrap items-center gap-x-4 text-xs">
        <span data-legend={color} className="flex items-center gap-1.5">
          <i aria-hidden className="h-2.5 w-12 rounded-sm" style={{ background: `linear-gradient(to right, transparent, var(--${color}))` }} />
          <span className="text-soft">{color}</span>
          <span className="text-faint">to {formatCount(most)}</span>
        </span>
        {under !== null && count !== null && timesMs[under.at] !== undefined && (
          <span className="ml-auto text-soft">
            {formatTick(timesMs[under.at]!)}: <strong className="font-medium text-text">{formatCount(count)}</strong> between{' '}
            {formatLatency(edgesUs[row] ?? null)} and {formatLatency(edgesUs[row + 1] ?? null)}
          </span>
        )}
      </figcaption>
      <div ref={host} aria-hidden="true" style={{ height: heightPx }} />
    </figure>
  );
}

function drawCells(plot: uPlot, { color, timesMs, stepMs, edgesUs, cells, most }: Props): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = css(color);
  const tops = edgesUs.map((us) => Math.round(plot.valToPos(us, 'y', true)));
  for (const [at, counts] of cells.entries()) {
    const left = Math.round(plot.valToPos(timesMs[at]! / 1000, 'x', true));
    const right = Math.max(left + 1, Math.round(plot.valToPos((timesMs[at]! + stepMs) / 1000, 'x', true)));
    for (const [row, count] of counts.entries()) {
      if (count === 0) continue;
      ctx.globalAlpha = 0.14 + (0.86 * Math.log1p(count)) / Math.log1p(Math.max(1, most));
      ctx.fillRect(left, tops[row + 1]!, right - left, Math.max(1, tops[row]! - tops[row + 1]!));
    }
  }
  ctx.restore();
}
