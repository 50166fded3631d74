'use client';
import { useEffect, useMemo, useRef, useState } from 'react';
import type uPlot from 'uplot';
import { cn } from '../../lib/class-names.ts';
import { formatTime, unknown } from '../../lib/format.ts';
import { staleAfterMs } from '../live/freshness.ts';
import type { Columns } from './series.ts';
import { axisLook, css, logAxis, sharedCrosshair, usePlot } from './use-plot.ts';

/** `dash` in pixels; a series without a label only bounds the band. */
export type Series = { label: string; color: 'online' | 'target' | 'soft'; isDashed?: boolean; dash?: readonly number[]; widthPx?: number };

type Props = {
  label: string;
  series: readonly Series[];
  columns: Columns;
  /** The span of time that is shown, in ms. */
  fromMs: number;
  toMs: number;
  heightPx: number;
  format: (value: number | null) => string;
  /** Short values for the axis. */
  formatAxis: (value: number) => string;
  /** Charts of the same name share their crosshair. */
  crosshair: string;
  /** True if values may be negative. */
  isSigned?: boolean;
  /** Each ten-fold takes the same height. Read once. */
  isLog?: boolean;
  /** Two series, the upper first, between which is filled. */
  band?: readonly [number, number];
  /** Series that are not drawn. */
  hidden?: ReadonlySet<number>;
  onLegend?: (index: number) => void;
  /** Dragging over the chart chooses a span of time, ms. */
  onSelect?: (fromMs: number, toMs: number) => void;
  formatTick?: (atMs: number) => string;
  /** Without a crosshair the legend shows the last values if they are no older than this. */
  freshMs?: number;
};

const LEAST_DRAG_PX = 6;
const dashOf = ({ dash, isDashed }: Series): readonly number[] => dash ?? (isDashed ? [5, 4] : []);

function logRange(min: number | null, max: number | null): uPlot.Range.MinMax {
  if (min === null || max === null) return [100, 10_000];
  return [Math.max(1, min) / 1.25, Math.max(1, max) * 1.25];
}

/** Lines over time. The caller owns data and clock. */
export function TimeChart(props: Props) {
  const { label, series, columns, fromMs, toMs, heightPx, format, hidden, onLegend, formatTick = formatTime, freshMs = staleAfterMs } = props;
  const latest = useRef(props);
  latest.current = props;
  const [cursor, setCursor] = useState<number | null>(null);
  const data = useMemo((): uPlot.AlignedData => [columns.times, ...columns.values], [columns]);

  const make = (): Omit<uPlot.Options, 'width' | 'height'> => ({
    padding: [8, 26, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: props.onSelect !== undefined, y: false, setScale: false },
      points: { size: 6 },
      sync: sharedCrosshair(props.crosshair),
    },
    scales: {
      x: { range: () => [latest.current.fromMs / 1000, latest.current.toMs / 1000] },
      y: {
        ...(props.isLog ? { distr: 3 } : {}),
        range: (_, min, max) => {
          if (latest.current.isLog) return logRange(min, max);
          if (min === null || max === null) return [0, 1];
          return latest.current.isSigned ? [Math.min(0, min) * 1.1, Math.max(0, max) * 1.1 || 1] : [0, max * 1.1 || 1];
        },
      },
    },
    axes: [
      { ...axisLook, space: 70, size: 26, values: (_, ticks) => ticks.map((at) => (latest.current.formatTick ?? formatTime)(at * 1000)) },
      {
        ...(props.isLog ? logAxis((value) => latest.current.formatAxis(value)) : axisLook),
        ...(props.isLog ? {} : { values: (_, ticks) => ticks.map((value) => latest.current.formatAxis(value)) }),
        size: 62,
        space: 26,
      },
    ],
    ...(props.band ? { bands: [{ series: [props.band[0] + 1, props.band[1] + 1], fill: () => `color-mix(in srgb, ${css('soft')} 22%, transparent)` }] } : {}),
    series: [
      {},
      ...series.map(
        (one, index): uPlot.Series => ({
          show: !latest.current.hidden?.has(index),
          stroke: () => css(one.color),
          width: one.widthPx ?? 1.6,
          spanGaps: false,
          points: { show: one.label !== '', filter: (u, at) => lonely(u.data[at]!), size: 4, fill: () => css(one.color) },
          dash: [...dashOf(one)],
        }),
      ),
    ],
    hooks: {
      setCursor: [(u) => setCursor(u.cursor.idx ?? null)],
      setSelect: [
        (u) => {
          const { left, width } = u.select;
          if (width < LEAST_DRAG_PX) return;
          latest.current.onSelect?.(u.posToVal(left, 'x') * 1000, u.posToVal(left + width, 'x') * 1000);
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  });
  const [host, plot] = usePlot(heightPx, make, data, [fromMs, toMs]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the series stay the same; which of them are drawn may change
  useEffect(() => {
    for (const index of series.keys()) {
      const show = !hidden?.has(index);
      if (plot.current && plot.current.series[index + 1]!.show !== show) plot.current.setSeries(index + 1, { show });
    }
  }, [hidden]);

  // Beside the lines stand the values under the crosshair, or those of now: none, if the last is too old to be.
  const last = columns.times.length - 1;
  const isLastOfNow = toMs - (columns.times[last] ?? 0) * 1000 <= freshMs;
  const at = cursor ?? (isLastOfNow ? last : -1);
  const atS = columns.times[at];
  return (
    <figure aria-label={label} className="min-w-0">
      <figcaption className="mb-1 flex min-h-5 flex-wrap items-center gap-x-4 gap-y-0.5 text-xs">
        {series.map((one, index) => {
          if (one.label === '') return null;
          const entry = (
            <>
              <svg aria-hidden="true" width="20" height="4">
                <line
                  x1="0"
                  x2="20"
                  y1="2"
                  y2="2"
                  stroke={`var(--${one.color})`}
                  strokeWidth={(one.widthPx ?? 1.6) + 0.9}
                  {...(dashOf(one).length > 0 ? { strokeDasharray: dashOf(one).join(' ') } : {})}
                />
              </svg>
              <span className="text-soft">{one.label}</span>
              <span className="min-w-14 text-left font-medium">{format(columns.values[index]?.[at] ?? null)}</span>
            </>
          );
          if (!onLegend) {
            return (
              <span key={one.label} data-legend={one.color} className="flex items-center gap-1.5">
                {entry}
              </span>
            );
          }
          return (
            <button
              key={one.label}
              type="button"
              data-legend={one.color}
              aria-pressed={!hidden?.has(index)}
              title={hidden?.has(index) ? `Show ${one.label}` : `Hide ${one.label}`}
              onClick={() => onLegend(index)}
              className={cn('flex min-h-6 items-center gap-1.5 rounded', hidden?.has(index) && 'line-through opacity-45')}
            >
              {entry}
            </button>
          );
        })}
        <span className={cn('ml-auto text-faint', cursor === null && 'opacity-0')}>{atS === undefined ? unknown : formatTick(atS * 1000)}</span>
      </figcaption>
      <div ref={host} aria-hidden="true" style={{ height: heightPx }} />
    </figure>
  );
}

/** Values between two gaps: lines of no length, which nobody would see without a dot. */
function lonely(values: ArrayLike<number | null | undefined>): number[] {
  const isKnown = (at: number) => values[at] !== null && values[at] !== undefined;
  return Array.from(values, (_, at) => at).filter((at) => isKnown(at) && !isKnown(at - 1) && !isKnown(at + 1));
}
