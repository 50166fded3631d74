'use client';
import type { LiveSample, MappingView } from '@parallax/protocol';
import { useMemo, useState } from 'react';
import { Panel } from '../../components/ui/panel.tsx';
import { formatBytes, formatCount, formatRate } from '../../lib/format.ts';
import { DataTable } from '../charts/data-table.tsx';
import { ranges, useRange } from '../charts/range.ts';
import { toColumns } from '../charts/series.ts';
import { type Series, TimeChart } from '../charts/time-chart.tsx';
import { useConsoleNow, useSamples } from '../live/use-live.ts';
import { TableToggle } from './table-toggle.tsx';

const series: readonly Series[] = [
  { label: 'online', color: 'online' },
  { label: 'target', color: 'target' },
];
const picks = [(sample: LiveSample) => sample.exchanges.online, (sample: LiveSample) => sample.exchanges.target];
const columns = [
  { label: 'online', color: 'online' },
  { label: 'target', color: 'target' },
  { label: 'captured', color: 'online' },
  { label: 'sent to target', color: 'target' },
] as const;
const tableRows = 60;

/** How much either server answers. */
export function ThroughputPanel({ mapping }: { mapping: MappingView }) {
  const samples = useSamples(mapping.id);
  const nowMs = useConsoleNow();
  const [range] = useRange(mapping.id);
  const [isTable, setTable] = useState(false);
  const fromMs = (nowMs ?? 0) - ranges[range];
  // biome-ignore lint/correctness/useExhaustiveDependencies: the columns are made anew with each sample, not with each tick of the clock
  const lines = useMemo(() => toColumns(samples, fromMs, picks), [samples, range]);
  const rows = samples.slice(-tableRows).reverse();
  return (
    <Panel title="Throughput" note="requests answered per second" actions={<TableToggle what="throughput" isTable={isTable} onChange={setTable} />}>
      {samples.length === 0 ? (
        <p className="text-[13px] text-soft">Waiting for the first sample.</p>
      ) : (
        <div className={isTable ? 'hidden' : ''}>
          <TimeChart
            label="Requests per second of online and target"
            series={series}
            columns={lines}
            fromMs={fromMs}
            toMs={nowMs ?? 0}
            heightPx={150}
            format={(value) => formatRate(value)}
            formatAxis={formatCount}
            crosshair={mapping.id}
          />
        </div>
      )}
      <DataTable
        label="Throughput of the last minute"
        testId="throughput-table"
        isShown={isTable && samples.length > 0}
        columns={columns}
        rows={rows.map((sample) => ({
          atMs: sample.atMs,
          values: [
            ...picks.map((pick) => ({ text: formatRate(pick(sample)), value: pick(sample) })),
            { text: formatBytes(sample.bytes.captured, true), value: sample.bytes.captured },
            { text: formatBytes(sample.bytes.injected, true), value: sample.bytes.injected },
          ],
        }))}
      />
    </Panel>
  );
}
