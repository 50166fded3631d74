'use client';
import { useTheme } from 'next-themes';
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { cn } from '../../lib/class-names.ts';
import { formatTime, unknown } from '../../lib/format.ts';
import { staleAfterMs } from '../live/freshness.ts';
import type { Columns } from './series.ts';

export type Series = { label: string; color: 'online' | 'target' | 'soft'; isDashed?: boolean };

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
};

const css = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const toAligned = (columns: Columns): uPlot.AlignedData => [columns.times, ...columns.values];

/** Lines over time. The caller owns data and clock. */
export function TimeChart(props: Props) {
  const { label, series, columns, fromMs, toMs, heightPx, format } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [cursor, setCursor] = useState<number | null>(null);
  const { resolvedTheme } = useTheme();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the plot is made once and then fed; what changes is read through `latest`
  useEffect(() => {
    const element = host.current!;
    const axis: uPlot.Axis = {
      stroke: () => css('faint'),
      grid: { stroke: () => css('line'), width: 1 },
      ticks: { show: false },
      font: '11px "Liberation Sans", Arial, sans-serif',
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: heightPx,
        padding: [8, 26, 0, 0],
        legend: { show: false },
        cursor: {
          drag: { x: false, y: false, setScale: false },
          points: { size: 6 },
          sync: { key: props.crosshair },
        },
        scales: {
          x: { range: () => [latest.current.fromMs / 1000, latest.current.toMs / 1000] },
          y: {
            range: (_, min, max) => {
              if (min === null || max === null) return [0, 1];
              return latest.current.isSigned ? [Math.min(0, min) * 1.1, Math.max(0, max) * 1.1 || 1] : [0, max * 1.1 || 1];
            },
          },
        },
        axes: [
          { ...axis, space: 70, size: 26, values: (_, ticks) => ticks.map((at) => formatTime(at * 1000)) },
          { ...axis, size: 62, space: 26, values: (_, ticks) => ticks.map((value) => latest.current.formatAxis(value)) },
        ],
        series: [
          {},
          ...series.map(
            (one): uPlot.Series => ({
              stroke: () => css(one.color),
              width: 1.6,
              spanGaps: false,
              points: { show: false },
              ...(one.isDashed ? { dash: [5, 4] } : {}),
            }),
          ),
        ],
        hooks: { setCursor: [(u) => setCursor(u.cursor.idx ?? null)] },
      },
      toAligned(latest.current.columns),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: heightPx }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: time moves the scale although the columns stay
  useEffect(() => plot.current?.setData(toAligned(columns)), [columns, fromMs, toMs]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read from the theme when drawing
  useEffect(() => plot.current?.redraw(false), [resolvedTheme]);

  // Beside the lines stand the values under the crosshair, or those of now: none, if the last is too old to be.
  const last = columns.times.length - 1;
  const isLastOfNow = toMs - (columns.times[last] ?? 0) * 1000 <= staleAfterMs;
  const at = cursor ?? (isLastOfNow ? last : -1);
  const atS = columns.times[at];
  return (
    <figure aria-label={label} className="min-w-0">
      <figcaption className="mb-1 flex min-h-5 flex-wrap items-center gap-x-4 gap-y-0.5 text-xs">
        {series.map((one, index) => (
          <span key={one.label} className="flex items-center gap-1.5">
            <svg aria-hidden="true" width="16" height="4">
              <line x1="0" x2="16" y1="2" y2="2" stroke={`var(--${one.color})`} strokeWidth="2.5" {...(one.isDashed ? { strokeDasharray: '5 3' } : {})} />
            </svg>
            <span className="text-soft">{one.label}</span>
            <span className="min-w-14 font-medium">{format(columns.values[index]?.[at] ?? null)}</span>
          </span>
        ))}
        <span className={cn('ml-auto text-faint', cursor === null && 'opacity-0')}>{atS === undefined ? unknown : formatTime(atS * 1000)}</span>
      </figcaption>
      <div ref={host} aria-hidden="true" style={{ height: heightPx }} />
    </figure>
  );
}
