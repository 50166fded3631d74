'use client';
import { formatDifference, formatLatency } from '../../lib/format.ts';
import { ChartPanel } from '../charts/chart-panel.tsx';
import { CurveChart, formatPercent } from '../charts/curve-chart.tsx';
import { FiguresTable } from '../charts/figures-table.tsx';
import { formatAxisLatency } from './axis.ts';
import type { ChartProps } from './chart-props.ts';

const columns = [{ label: 'online', color: 'online' }, { label: 'target', color: 'target' }, { label: 'difference' }] as const;

/** Latency by percentile, out to the last exchange that means something. */
export function CurvePanel({ view: { curve }, fileName }: ChartProps) {
  return (
    <ChartPanel
      title="Latency by percentile"
      note="each further nine takes the same width"
      fileName={`${fileName}-percentiles`}
      chart={
        <CurveChart
          label="Latency of online and target by percentile"
          percents={curve.percents}
          onlineUs={curve.onlineUs}
          targetUs={curve.targetUs}
          heightPx={300}
          formatAxis={formatAxisLatency}
        />
      }
      table={(isShown) => (
        <FiguresTable
          label="Latency by percentile"
          testId="comparison-curve-table"
          nameColumn="Percentile"
          isShown={isShown}
          columns={columns}
          rows={curve.percents.map((percent, at) => {
            const [online, target] = [curve.onlineUs[at]!, curve.targetUs[at]!];
            return {
              name: formatPercent(percent),
              values: [
                { text: formatLatency(online), value: online },
                { text: formatLatency(target), value: target },
                { text: formatDifference(target - online), value: target - online },
              ],
            };
          })}
        />
      )}
    />
  );
}
