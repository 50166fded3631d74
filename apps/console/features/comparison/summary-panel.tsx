'use client';
import type { ComparisonView, SideFigures } from '@parallax/protocol';
import { Panel } from '../../components/ui/panel.tsx';
import { cn } from '../../lib/class-names.ts';
import { formatChange, formatCount, formatDifference, formatDuration, formatLatency, formatRate, formatShare, unknown } from '../../lib/format.ts';
import { difference } from '../mapping/figures.ts';
import { perSecond } from './columns.ts';

const keys = ['p50Us', 'p90Us', 'p99Us', 'p999Us'] as const;
const names = ['p50', 'p90', 'p99', 'p99.9'];

type Row = { name: string; ink: string; cells: { text: string; note?: string; value: number | null }[] };

function sideRow(name: 'online' | 'target', side: SideFigures, seconds: number, resets: number): Row {
  const rate = perSecond(side.count, seconds);
  return {
    name,
    ink: name === 'online' ? 'text-online' : 'text-target',
    cells: [
      { text: formatCount(side.count), value: side.count },
      { text: formatRate(rate), value: rate },
      { text: formatShare(side.errors, side.count), value: side.errors },
      { text: formatCount(resets), value: resets },
      ...keys.map((key) => ({ text: formatLatency(side[key]), value: side[key] })),
    ],
  };
}

function differenceRow({ online, target }: ComparisonView['whole']): Row {
  return {
    name: 'difference',
    ink: 'text-soft',
    cells: [
      ...Array.from({ length: 4 }, () => ({ text: unknown, value: null })),
      ...keys.map((key) => {
        const value = difference(online[key], target[key]);
        return { text: formatDifference(value), value, ...(value === null ? {} : { note: formatChange(target[key]!, online[key]!) }) };
      }),
    ],
  };
}

/** The whole window in three lines. */
export function SummaryPanel({ view }: { view: ComparisonView }) {
  const { whole, counts, connect, held } = view;
  const sides = (['online', 'target'] as const).map((name) => sideRow(name, whole[name], whole.seconds, counts[name].resets));
  const rows = [...sides, differenceRow(whole)];
  const asides = [
    ['connect online', connect.online],
    ['connect target', connect.target],
    ['held before sending', held],
  ] as const;
  return (
    <Panel
      title="Whole window"
      note={
        <span data-testid="comparison-known" data-seconds={whole.seconds}>
          {formatDuration(whole.seconds * 1000)} known of {formatDuration(view.toMs - view.fromMs)}, in steps of {formatDuration(view.stepMs)}
        </span>
      }
      isFlush
    >
      <div className="overflow-x-auto">
        <table data-testid="comparison-summary-table" aria-label="The whole window" className="w-full text-[13px]">
          <thead>
            <tr className="text-xs text-faint [&>th]:px-3 [&>th]:py-2 [&>th]:text-right [&>th]:font-medium">
              <th scope="col">
                <span className="sr-only">Server</span>
              </th>
              {['exchanges', 'rate', 'errors', 'resets', ...names].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name} data-name={row.name} className="border-t border-line [&>td]:px-3 [&>td]:py-1.5 [&>td]:text-right [&>td]:whitespace-nowrap">
                <th scope="row" className={cn('px-3 py-1.5 text-left align-top font-medium', row.ink)}>
                  {row.name}
                </th>
                {row.cells.map((cell, index) => (
                  <td key={index === 0 ? 'exchanges' : `${row.name} ${index}`} data-value={cell.value ?? ''} className={row.ink}>
                    {cell.text}
                    {cell.note && <div className="text-xs text-faint">{cell.note}</div>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {asides.some(([, { count }]) => count > 0) && (
        <dl className="flex flex-wrap gap-x-8 gap-y-1 border-t border-line px-3 py-2 text-xs">
          {asides.map(([name, figures]) => (
            <div key={name} className="flex gap-2">
              <dt className="text-faint">{name}</dt>
              <dd>
                p50 {formatLatency(figures.p50Us)}, p99 {formatLatency(figures.p99Us)}
                <span className="text-faint"> (n {formatCount(figures.count)})</span>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}
