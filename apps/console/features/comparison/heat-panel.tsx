'use client';
import { useMemo } from 'react';
import { formatCount, formatLatency, formatShare } from '../../lib/format.ts';
import { ChartPanel } from '../charts/chart-panel.tsx';
import { FiguresTable } from '../charts/figures-table.tsx';
import { HeatChart } from '../charts/heat-chart.tsx';
import { formatAxisLatency } from './axis.ts';
import { type ChartProps, crosshair } from './chart-props.ts';

const sides = ['online', 'target'] as const;
const columns = [
  { label: 'online', color: 'online' },
  { label: 'target', color: 'target' },
  { label: 'online share', color: 'online' },
  { label: 'target share', color: 'target' },
] as const;

/** Where both servers' latencies lie, over time, in the same rows and with the same scale of colour. */
export function HeatPanel({ view, fromMs, toMs, formatTick, onSelect, fileName }: ChartProps) {
  const { points, stepMs, heat } = view;
  const timesMs = useMemo(() => points.map(({ atMs }) => atMs), [points]);
  const most = useMemo(() => Math.max(1, ...sides.map((side) => heat[side].reduce((max, row) => Math.max(max, ...row), 0))), [heat]);
  const total = (side: (typeof sides)[number], row: number) => heat[side].reduce((sum, counts) => sum + (counts[row] ?? 0), 0);
  const counts = { online: view.whole.online.count, target: view.whole.target.count };
  return (
    <ChartPanel
      title="Distribution over time"
      note="the stronger the colour, the more exchanges of that latency"
      fileName={`${fileName}-heat`}
      chart={
        <div className="grid gap-x-6 gap-y-3 lg:grid-cols-2">
          {sides.map((side) => (
            <HeatChart
              key={side}
              label={`Latency of ${side} over time`}
              color={side}
              timesMs={timesMs}
              stepMs={stepMs}
              edgesUs={heat.edgesUs}
              cells={heat[side]}
              most={most}
              fromMs={fromMs}
              toMs={toMs}
              heightPx={240}
              crosshair={crosshair}
              formatTick={formatTick}
              formatAxis={formatAxisLatency}
              onSelect={onSelect}
            />
          ))}
        </div>
      }
      table={(isShown) => (
        <FiguresTable
          label="Exchanges by latency"
          testId="comparison-heat-table"
          nameColumn="Latency"
          isShown={isShown}
          columns={columns}
          rows={heat.edgesUs.slice(0, -1).map((edge, row) => ({
            name: `${formatLatency(edge)} to ${formatLatency(heat.edgesUs[row + 1]!)}`,
            values: [
              ...sides.map((side) => ({ text: formatCount(total(side, row)), value: total(side, row) })),
              ...sides.map((side) => ({
                text: formatShare(total(side, row), counts[side]),
                value: counts[side] === 0 ? null : total(side, row) / counts[side],
              })),
            ],
          }))}
        />
      )}
    />
  );
}
