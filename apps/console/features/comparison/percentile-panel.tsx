'use client';
import type { ComparisonPoint, SideFigures } from '@parallax/protocol';
import { useMemo } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { formatCount, formatDifference, formatLatency } from '../../lib/format.ts';
import { ChartPanel } from '../charts/chart-panel.tsx';
import { DataTable } from '../charts/data-table.tsx';
import { type Series, TimeChart } from '../charts/time-chart.tsx';
import { difference } from '../mapping/figures.ts';
import { formatAxisLatency } from './axis.ts';
import { type ChartProps, crosshair } from './chart-props.ts';
import { toColumns } from './columns.ts';
import { type ChangeShown, type Percent, percents } from './shown.ts';

const lines = [
  { percent: 50, key: 'p50Us', dash: [], widthPx: 2 },
  { percent: 90, key: 'p90Us', dash: [8, 3], widthPx: 1.5 },
  { percent: 99, key: 'p99Us', dash: [5, 4], widthPx: 1.5 },
  { percent: 99.9, key: 'p999Us', dash: [2, 3], widthPx: 1.3 },
] as const;
const sides = ['online', 'target'] as const;
const all = sides.flatMap((side) => lines.map((line) => ({ side, ...line })));
const series: readonly Series[] = all.map(({ side, percent, dash, widthPx }) => ({ label: `${side} p${percent}`, color: side, dash, widthPx }));
const picks = all.map(
  ({ side, key }) =>
    (point: ComparisonPoint) =>
      point[side][key],
);

const between: readonly Series[] = [
  { label: '', color: 'soft', widthPx: 0 },
  { label: '', color: 'soft', widthPx: 0 },
  { label: 'same exchange, median', color: 'soft', widthPx: 2 },
  { label: 'p50', color: 'soft', dash: [8, 3], widthPx: 1.2 },
  { label: 'p99', color: 'soft', dash: [2, 3], widthPx: 1.2 },
];
const more = (key: Exclude<keyof SideFigures, 'count' | 'errors'>) => (point: ComparisonPoint) => difference(point.online[key], point.target[key]);
const betweenPicks = [
  ({ difference: { p90Us } }: ComparisonPoint) => p90Us,
  ({ difference: { p10Us } }: ComparisonPoint) => p10Us,
  ({ difference: { p50Us } }: ComparisonPoint) => p50Us,
  more('p50Us'),
  more('p99Us'),
];
const tableColumns = [
  ...all.map(({ side, percent }) => ({ label: `${side} p${percent}`, color: side })),
  { label: 'difference p50' },
  { label: 'difference p99' },
  { label: 'pairs' },
  { label: 'paired p10' },
  { label: 'paired p50' },
  { label: 'paired p90' },
];

/** Both servers' percentiles on one axis, and what lies between them below. */
export function PercentilePanel({ view, shown, fromMs, toMs, formatTick, onSelect, fileName, change }: ChartProps & { change: ChangeShown }) {
  const { points, stepMs } = view;
  const [both, differences] = useMemo(() => [toColumns(points, stepMs, picks), toColumns(points, stepMs, betweenPicks)], [points, stepMs]);
  const hidden = useMemo(() => new Set(all.flatMap(({ percent }, index) => (shown.hidden.includes(percent) ? [index] : []))), [shown.hidden]);
  const toggle = (percent: Percent) => change({ hidden: percents.filter((each) => (each === percent) !== shown.hidden.includes(each)) });
  const time = { fromMs, toMs, formatTick, onSelect, crosshair, freshMs: 3 * stepMs + 5_000 };
  return (
    <ChartPanel
      title="Latency over time"
      note="drag over a chart to look closer"
      fileName={`${fileName}-latency`}
      actions={
        <Button
          size="small"
          look="quiet"
          aria-pressed={shown.isLog}
          title={shown.isLog ? 'Each ten-fold takes the same height' : 'Linear axis'}
          onClick={() => change({ isLog: !shown.isLog })}
        >
          Log scale
        </Button>
      }
      chart={
        <>
          <TimeChart
            key={String(shown.isLog)}
            label="Latency percentiles of online and target"
            series={series}
            columns={both}
            heightPx={300}
            format={formatLatency}
            formatAxis={formatAxisLatency}
            isLog={shown.isLog}
            hidden={hidden}
            onLegend={(index) => toggle(all[index]!.percent)}
            {...time}
          />
          <div>
            <h3 className="mb-1 text-xs text-faint">Target minus online; the band holds 80 % of the paired exchanges</h3>
            <TimeChart
              label="Target minus online"
              series={between}
              columns={differences}
              heightPx={160}
              format={formatDifference}
              formatAxis={formatAxisLatency}
              isSigned
              band={[0, 1]}
              {...time}
            />
          </div>
        </>
      }
      table={(isShown) => (
        <DataTable
          label="Latency percentiles over time"
          testId="comparison-latency-table"
          isShown={isShown}
          columns={tableColumns}
          rows={points.map((point) => ({
            atMs: point.atMs,
            values: [
              ...picks.map((pick) => ({ text: formatLatency(pick(point)), value: pick(point) })),
              ...[betweenPicks[3]!, betweenPicks[4]!].map((pick) => ({ text: formatDifference(pick(point)), value: pick(point) })),
              { text: formatCount(point.difference.count), value: point.difference.count },
              ...[betweenPicks[1]!, betweenPicks[2]!, betweenPicks[0]!].map((pick) => ({ text: formatDifference(pick(point)), value: pick(point) })),
            ],
          }))}
        />
      )}
    />
  );
}
