'use client';
import { useMemo } from 'react';
import { formatCount, formatDifference, formatLatency, formatShare } from '../../lib/format.ts';
import { ChartPanel } from '../charts/chart-panel.tsx';
import { FiguresTable } from '../charts/figures-table.tsx';
import { ScatterChart } from '../charts/scatter-chart.tsx';
import { formatAxisLatency } from './axis.ts';
import type { ChartProps } from './chart-props.ts';
import { tenthsOf } from './tenths.ts';

const columns = [
  { label: 'pairs' },
  { label: 'online from', color: 'online' },
  { label: 'online to', color: 'online' },
  { label: 'target p50', color: 'target' },
  { label: 'difference p50' },
  { label: 'target slower' },
] as const;

/** The same exchange on both servers, point by point. */
export function ScatterPanel({ view, fileName }: ChartProps) {
  const { pairs, whole } = view;
  const tenths = useMemo(() => tenthsOf(pairs), [pairs]);
  return (
    <ChartPanel
      title="Pair by pair"
      note={
        pairs.length === 0
          ? 'the same exchange on both servers'
          : `${formatCount(pairs.length)} of ${formatCount(whole.difference.count)} paired exchanges, first byte`
      }
      fileName={`${fileName}-pairs`}
      chart={
        pairs.length === 0 ? (
          <p className="text-[13px] text-soft">No exchange of this window is known on both servers.</p>
        ) : (
          <ScatterChart label="Latency of the same exchange on online and target" pairs={pairs} heightPx={300} formatAxis={formatAxisLatency} />
        )
      }
      table={(isShown) => (
        <FiguresTable
          label="Paired exchanges by latency on the online server"
          testId="comparison-pairs-table"
          nameColumn="By online latency"
          isShown={isShown}
          columns={columns}
          rows={tenths.map(({ name, pairs: count, onlineUs: [from, to], targetP50Us, differenceP50Us, slower }) => ({
            name,
            values: [
              { text: formatCount(count), value: count },
              { text: formatLatency(from), value: from },
              { text: formatLatency(to), value: to },
              { text: formatLatency(targetP50Us), value: targetP50Us },
              { text: formatDifference(differenceP50Us), value: differenceP50Us },
              { text: formatShare(slower, count), value: slower / count },
            ],
          }))}
        />
      )}
    />
  );
}
