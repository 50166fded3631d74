'use client';
import type { ComparisonPoint } from '@parallax/protocol';
import { useMemo } from 'react';
import { formatCount, formatRate, unknown } from '../../lib/format.ts';
import { ChartPanel } from '../charts/chart-panel.tsx';
import { DataTable } from '../charts/data-table.tsx';
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
const columns = [
  { label: 'online', color: 'online' },
  { label: 'target', color: 'target' },
  { label: 'online errors', color: 'online' },
  { label: 'target errors', color: 'target' },
  { label: 'seconds known' },
] as const;

const formatErrors = (percent: number | null): string => (percent === null ? unknown : `${percent === 0 ? '0' : percent.toPrecision(2)}\u00a0%`);

/** How much either server answers, and how much of it is an error. */
export function TrafficPanel({ view, fromMs, toMs, formatTick, onSelect, fileName }: ChartProps) {
  const { points, stepMs } = view;
  const [rate, error] = useMemo(() => [toColumns(points, stepMs, rates), toColumns(points, stepMs, errors)], [points, stepMs]);
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
              heightPx={222}
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
              heightPx={222}
              format={formatErrors}
              formatAxis={(value) => `${Number(value.toPrecision(2))} %`}
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
              { text: formatCount(point.seconds), value: point.seconds },
            ],
          }))}
        />
      )}
    />
  );
}
