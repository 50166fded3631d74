'use client';
import type { ComparisonPoint } from '@parallax/protocol';
import { useMemo } from 'react';
import { formatCount, formatRate, unknown } from '../../lib/format.ts';
import { ChartPanel } from '../charts/chart-panel.tsx';
import { DataTable } from '../charts/data-table.tsx';
import type { Columns } from '../charts/series.ts';
import { type Series, TimeChart } from '../charts/time-chart.tsx';
import { type ChartProps, crosshair } from './chart-props.ts';
import { errorPercent, perSecond, toColumns } from './columns.ts';

const series: readonly Series[] = [
  { label: 'online', color: 'online', widthPx: 1.8 },
  { label: 'target', color: 'target', widthPx: 1.8, dash: [6, 3] },
];
const rates = [
  ({ online, seconds }: ComparisonPoint) => perSecond(online.count, seconds),
  ({ target, seconds }: ComparisonPoint) => perSecond(target.count, seconds),
];
const errors = [({ online }: ComparisonPoint) => errorPercent(online), ({ target }: ComparisonPoint) => errorPercent(target)];
const resets = [
  ({ resets: { online }, seconds }: ComparisonPoint) => perSecond(online, seconds),
  ({ resets: { target }, seconds }: ComparisonPoint) => perSecond(target, seconds),
];
const columns = [
  { label: 'online', color: 'online' },
  { label: 'target', color: 'target' },
  { label: 'online errors', color: 'online' },
  { label: 'target errors', color: 'target' },
  { label: 'online resets', color: 'online' },
  { label: 'target resets', color: 'target' },
  { label: 'seconds known' },
] as const;

const formatErrors = (percent: number | null): string => (percent === null ? unknown : `${percent === 0 ? '0' : percent.toPrecision(2)}\u00a0%`);

/** How much either server answers, and how much of it is an error. */
export function TrafficPanel({ view, fromMs, toMs, formatTick, onSelect, fileName }: ChartProps) {
  const { points, stepMs } = view;
  const [rate, error, reset] = useMemo(
    () => [rates, errors, resets].map((picks) => toColumns(points, stepMs, picks)) as [Columns, Columns, Columns],
    [points, stepMs],
  );
  const time = { fromMs, toMs, formatTick, onSelect, crosshair, freshMs: 3 * stepMs + 5_000 };
  return (
    <ChartPanel
      title="Throughput and errors"
      fileName={`${fileName}-throughput`}
      chart={
        <>
          <div>
            <h3 className="mb-1 text-xs text-faint">Requests answered per second</h3>
            <TimeChart
              label="Requests per second of online and target"
              series={series}
              columns={rate}
              heightPx={152}
              format={(value) => formatRate(value)}
              formatAxis={formatCount}
              {...time}
            />
          </div>
          <div>
            <h3 className="mb-1 text-xs text-faint">Answers that are errors</h3>
            <TimeChart
              label="Error rate of online and target"
              series={series}
              columns={error}
              heightPx={152}
              format={formatErrors}
              formatAxis={(value) => `${Number(value.toPrecision(2))} %`}
              {...time}
            />
          </div>
          <div>
            <h3 className="mb-1 text-xs text-faint">Connections refused or reset per second, of all kinds</h3>
            <TimeChart
              label="Resets per second by online and target"
              series={series}
              columns={reset}
              heightPx={140}
              format={(value) => (value === null ? unknown : `${Number(value.toPrecision(3))}/s`)}
              formatAxis={formatCount}
              {...time}
            />
          </div>
        </>
      }
      table={(isShown) => (
        <DataTable
          label="Throughput and errors over time"
          testId="comparison-throughput-table"
          isShown={isShown}
          columns={columns}
          rows={points.map((point) => ({
            atMs: point.atMs,
            values: [
              ...rates.map((pick) => ({ text: formatRate(pick(point)), value: pick(point) })),
              ...errors.map((pick) => ({ text: formatErrors(pick(point)), value: pick(point) })),
              ...(['online', 'target'] as const).map((side) => ({ text: formatCount(point.resets[side]), value: point.resets[side] })),
              { text: formatCount(point.seconds), value: point.seconds },
            ],
          }))}
        />
      )}
    />
  );
}
