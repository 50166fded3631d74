'use client';
import { ledgerBuckets } from '@parallax/protocol';
import { Panel } from '../../components/ui/panel.tsx';
import { cn } from '../../lib/class-names.ts';
import { formatBytes, formatCount, formatShare } from '../../lib/format.ts';
import { useSamples } from '../live/use-live.ts';
import { copiesTotal } from './figures.ts';
import { bucketWords } from './ledger.ts';

const bars = { good: 'bg-good', aside: 'bg-faint', lost: 'bg-bad' };

/** Every copy that was asked for ends in exactly one row, so the rows fall from all of them to the delivered ones. */
export function LedgerPanel({ mappingId }: { mappingId: string }) {
  const ledger = useSamples(mappingId).at(-1)?.ledger;
  if (!ledger) {
    return (
      <Panel title="Ledger">
        <p className="text-[13px] text-soft">Waiting for the first figures. Each copy of each captured session will be accounted for here.</p>
      </Panel>
    );
  }
  const total = copiesTotal(ledger);
  const shown = bucketWords.filter((words) => ledger.copies[words.bucket] > 0 || words.bucket === 'delivered' || words.bucket === 'inFlight');
  let before = 0;
  const rows = shown.map((words) => {
    const count = ledger.copies[words.bucket];
    const row = { ...words, count, fromPercent: total === 0 ? 0 : (before / total) * 100, widthPercent: total === 0 ? 0 : (count / total) * 100 };
    before += count;
    return row;
  });
  const bytes = [
    ['captured', ledgerBuckets.reduce((sum, bucket) => sum + ledger.bytes[bucket], 0)],
    ['delivered', ledger.bytes.delivered],
    ['in flight', ledger.bytes.inFlight],
  ] as const;
  return (
    <Panel title="Ledger" note="since the packet path of the online agent started">
      <table className="w-full text-[13px]" aria-label="Ledger" data-testid="ledger-table">
        <thead className="sr-only">
          <tr>
            <th scope="col">What became of copies</th>
            <th scope="col">Bar</th>
            <th scope="col">Copies</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          <tr className="[&>*]:pb-1.5">
            <th scope="row" className="w-40 text-left font-medium">
              Copies of sessions
            </th>
            <td className="px-3">
              <div className="h-2.5 rounded-sm bg-line-strong" />
            </td>
            <td className="w-20 text-right">{formatCount(total)}</td>
            <td className="w-18 text-right text-soft">{total === 0 ? '' : '100 %'}</td>
          </tr>
          {rows.map((row) => (
            <tr key={row.bucket} data-bucket={row.bucket} data-count={row.count} title={row.means} className="[&>*]:py-0.5">
              <th scope="row" className="text-left font-normal whitespace-nowrap text-soft">
                {row.label}
                <span className="sr-only">: {row.means}</span>
              </th>
              <td className="px-3">
                <div className="h-2.5 rounded-sm bg-raised">
                  <div
                    className={cn('h-full rounded-sm', bars[row.kind])}
                    style={{ marginLeft: `${row.fromPercent}%`, width: `${row.widthPercent}%`, minWidth: row.count > 0 ? '2px' : 0 }}
                  />
                </div>
              </td>
              <td className="text-right">{formatCount(row.count)}</td>
              <td className="text-right text-soft">{formatShare(row.count, total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <dl className="mt-3 flex flex-wrap gap-x-6 gap-y-1 border-t border-line pt-3 text-xs">
        {bytes.map(([name, value]) => (
          <div key={name} className="flex gap-1.5">
            <dt className="text-faint">client bytes {name}</dt>
            <dd>{formatBytes(value)}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
