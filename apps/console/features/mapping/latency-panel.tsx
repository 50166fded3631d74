'use client';
import type { LiveSample, MappingView } from '@parallax/protocol';
import { useMemo, useState } from 'react';
import { Panel } from '../../components/ui/panel.tsx';
import { formatCount, formatDifference, formatLatency } from '../../lib/format.ts';
import { DataTable } from '../charts/data-table.tsx';
import { ranges, useRange } from '../charts/range.ts';
import { toColumns } from '../charts/series.ts';
import { type Series, TimeChart } from '../charts/time-chart.tsx';
import { useConsoleNow, useSamples } from '../live/use-live.ts';
import { difference } from './figures.ts';
import { TableToggle } from './table-toggle.tsx';

const series: readonly Series[] = [
  { label: 'online p50', color: 'online' },
  { label: 'online p99', color: 'online', isDashed: true },
  { label: 'target p50', color: 'target' },
  { label: 'target p99', color: 'target', isDashed: true },
];
const picks = [
  (sample: LiveSample) => sample.latency.online.p50Us,
  (sample: LiveSample) => sample.latency.online.p99Us,
  (sample: LiveSample) => sample.latency.target.p50Us,
  (sample: LiveSample) => sample.latency.target.p99Us,
];
const more: readonly Series[] = [
  { label: 'difference p50', color: 'soft' },
  { label: 'difference p99', color: 'soft', isDashed: true },
];
const morePicks = [
  ({ latency }: LiveSample) => difference(latency.online.p50Us, latency.target.p50Us),
  ({ latency }: LiveSample) => difference(latency.online.p99Us, latency.target.p99Us),
];
const columns = [
  { label: 'online p50', color: 'online' },
  { label: 'online p99', color: 'online' },
  { label: 'target p50', color: 'target' },
  { label: 'target p99', color: 'target' },
  { label: 'difference p50' },
  { label: 'difference p99' },
  { label: 'online n', color: 'online' },
  { label: 'target n', color: 'target' },
] as const;
const tableRows = 60;

const axisMs = (us: number) => `${us < 0 ? '−' : ''}${Number(Math.abs(us / 1000).toPrecision(3))} ms`;

/** The question of the whole page: is the target slower? Both servers on one axis, what lies between them below. */
export function LatencyPanel({ mapping }: { mapping: MappingView }) {
  const samples = useSamples(mapping.id);
  const nowMs = useConsoleNow();
  const [range] = useRange(mapping.id);
  const [isTable, setTable] = useState(false);
  const fromMs = (nowMs ?? 0) - ranges[range];
  // biome-ignore lint/correctness/useExhaustiveDependencies: the columns are made anew with each sample, not with each tick of the clock
  const [both, between] = useMemo(() => [toColumns(samples, fromMs, picks), toColumns(samples, fromMs, morePicks)], [samples, range]);
  const rows = samples.slice(-tableRows).reverse();
  return (
    <Panel title="Latency" note="time inside each server, per second" actions={<TableToggle what="latency" isTable={isTable} onChange={setTable} />}>
      {samples.length === 0 ? (
        <p className="text-[13px] text-soft">Waiting for the first sample. It comes within a second of the first answered request.</p>
      ) : (
        <div className={isTable ? 'hidden' : 'flex flex-col gap-3'}>
          <TimeChart
            label="Latency of online and target"
            series={series}
            columns={both}
            fromMs={fromMs}
            toMs={nowMs ?? 0}
            heightPx={300}
            format={formatLatency}
            formatAxis={axisMs}
            crosshair={mapping.id}
          />
          <TimeChart
            label="Target minus online"
            series={more}
            columns={between}
            fromMs={fromMs}
            toMs={nowMs ?? 0}
            heightPx={130}
            format={formatDifference}
            formatAxis={axisMs}
            crosshair={mapping.id}
            isSigned
          />
        </div>
      )}
      <DataTable
        label="Latency of the last minute"
        testId="latency-table"
        isShown={isTable && samples.length > 0}
        columns={columns}
        rows={rows.map((sample) => ({
          atMs: sample.atMs,
          values: [
            ...picks.map((pick) => ({ text: formatLatency(pick(sample)), value: pick(sample) })),
            ...morePicks.map((pick) => ({ text: formatDifference(pick(sample)), value: pick(sample) })),
            { text: formatCount(sample.latency.online.count), value: sample.latency.online.count },
            { text: formatCount(sample.latency.target.count), value: sample.latency.target.count },
          ],
        }))}
      />
    </Panel>
  );
}
