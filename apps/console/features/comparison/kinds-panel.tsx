'use client';
import type { KindFigures, MappingView } from '@parallax/protocol';
import { ArrowDown } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { Panel } from '../../components/ui/panel.tsx';
import { cn } from '../../lib/class-names.ts';
import { formatChange, formatCount, formatDifference, formatLatency, formatShare, unknown } from '../../lib/format.ts';
import { difference } from '../mapping/figures.ts';

type Ink = 'online' | 'target' | null;
type Column = { label: string; ink: Ink; value: (kind: KindFigures) => number | null; text: (kind: KindFigures) => string };

const latency = (label: string, side: 'online' | 'target', key: 'p50Us' | 'p99Us'): Column => ({
  label,
  ink: side,
  value: (kind) => kind[side][key],
  text: (kind) => formatLatency(kind[side][key]),
});
const more = (label: string, key: 'p50Us' | 'p99Us'): Column => {
  const value = ({ online, target }: KindFigures) => difference(online[key], target[key]);
  return {
    label,
    ink: null,
    value,
    text: (kind) => (value(kind) === null ? unknown : `${formatDifference(value(kind))} (${formatChange(kind.target[key]!, kind.online[key]!)})`),
  };
};
const columns: readonly Column[] = [
  { label: 'online n', ink: 'online', value: ({ online }) => online.count, text: ({ online }) => formatCount(online.count) },
  { label: 'target n', ink: 'target', value: ({ target }) => target.count, text: ({ target }) => formatCount(target.count) },
  { label: 'online errors', ink: 'online', value: ({ online }) => online.errors, text: ({ online }) => formatShare(online.errors, online.count) },
  { label: 'target errors', ink: 'target', value: ({ target }) => target.errors, text: ({ target }) => formatShare(target.errors, target.count) },
  latency('online p50', 'online', 'p50Us'),
  latency('target p50', 'target', 'p50Us'),
  more('difference p50', 'p50Us'),
  latency('online p99', 'online', 'p99Us'),
  latency('target p99', 'target', 'p99Us'),
  more('difference p99', 'p99Us'),
  { label: 'pairs', ink: null, value: ({ difference: { count } }) => count, text: ({ difference: { count } }) => formatCount(count) },
  { label: 'paired p50', ink: null, value: ({ difference: { p50Us } }) => p50Us, text: ({ difference: { p50Us } }) => formatDifference(p50Us) },
];
const inks = { online: 'text-online', target: 'text-target' };

type Props = { mapping: MappingView; kinds: readonly KindFigures[]; chosen: string | null; onChoose: (kind: string | null) => void };

/** Which requests the difference comes from. A kind can be chosen: then the whole page is about it. */
export function KindsPanel({ mapping, kinds, chosen, onChoose }: Props) {
  const [sort, setSort] = useState('online n');
  const { value } = columns.find(({ label }) => label === sort)!;
  const sorted = [...kinds].sort((a, b) => (value(b) ?? Number.NEGATIVE_INFINITY) - (value(a) ?? Number.NEGATIVE_INFINITY));
  return (
    <Panel title="By kind of request" note={<KindsNote mapping={mapping} isOne={kinds.length <= 1} />} isFlush>
      <div className="relative max-h-[32rem] overflow-auto">
        <table data-testid="comparison-kinds-table" aria-label="Comparison by kind of request" className="w-full text-xs">
          <thead className="sticky top-0 z-10 bg-panel">
            <tr className="[&>th]:px-3 [&>th]:py-2 [&>th]:font-medium">
              <th scope="col" className="text-left text-faint">
                Kind
              </th>
              {columns.map(({ label, ink }) => (
                <th
                  key={label}
                  scope="col"
                  aria-sort={sort === label ? 'descending' : 'none'}
                  className={cn('text-right', ink === null ? 'text-faint' : inks[ink])}
                >
                  <button type="button" onClick={() => setSort(label)} className="inline-flex min-h-6 items-center gap-0.5 whitespace-nowrap">
                    {sort === label && <ArrowDown aria-hidden className="size-3" />}
                    {label}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.map((kind) => (
              <tr
                key={kind.kind}
                data-kind={kind.kind}
                className={cn(
                  'border-t border-line hover:bg-raised/50 [&>td]:px-3 [&>td]:py-1.5 [&>td]:text-right [&>td]:whitespace-nowrap',
                  chosen === kind.kind && 'bg-raised',
                )}
              >
                <th scope="row" className="px-3 text-left font-normal">
                  <button
                    type="button"
                    aria-pressed={chosen === kind.kind}
                    onClick={() => onChoose(chosen === kind.kind ? null : kind.kind)}
                    title={kind.kind}
                    className="mono min-h-6 max-w-80 truncate text-left hover:underline"
                  >
                    {kind.kind}
                  </button>
                </th>
                {columns.map(({ label, value: figure, text }) => (
                  <td key={label} data-value={figure(kind) ?? ''}>
                    {text(kind)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function KindsNote({ mapping: { id, adapter }, isOne }: { mapping: MappingView; isOne: boolean }) {
  if (adapter === 'turns')
    return (
      <>
        measured by turns, so requests are not told apart;{' '}
        <Link href={`/mappings/${id}/edit`} className="underline">
          choose the protocol
        </Link>{' '}
        to see kinds
      </>
    );
  return <>{`measured by ${adapter}${isOne ? '' : ', choose one to see only that'}`}</>;
}
