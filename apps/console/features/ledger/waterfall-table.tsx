'use client';
import type { Ledger } from '@parallax/protocol';
import { Fragment, useState } from 'react';
import { cn } from '../../lib/class-names.ts';
import { formatBytes, formatCount, formatShare } from '../../lib/format.ts';
import { bucketWords, type Kind } from './buckets.ts';
import { type Account, type Stage, type Step, waterfallOf } from './waterfall.ts';

const bars: Record<Kind, string> = { good: 'bg-good/60', aside: 'bg-faint', lost: 'bg-bad' };
const stageWords: Record<Account, Record<Stage, string>> = {
  copies: {
    captured: 'copies asked for: sessions of clients × multiplier',
    sampled: 'those that the selection and the multiplier leave',
    copied: 'those for which a connection to the target was opened',
    delivered: 'those of which the target has every byte',
    answered: 'those of which the target answered every turn',
  },
  exchanges: {
    captured: 'turns of clients, once for each copy asked for',
    sampled: 'those that the selection and the multiplier leave',
    copied: 'those for which a connection to the target was opened',
    delivered: 'those that the target has',
    answered: 'those that it answered',
  },
  bytes: {
    captured: 'bytes of clients, once for each copy asked for',
    sampled: 'those that the selection and the multiplier leave',
    copied: 'those for which a connection to the target was opened',
    delivered: 'those that the target has acknowledged',
    answered: '',
  },
};
/** What the online server's side still has; the rest is about the target. */
const onlineStages: Partial<Record<Stage, true>> = { captured: true, sampled: true };
const stageLabels: Record<Stage, string> = { captured: 'Captured', sampled: 'Sampled', copied: 'Copied', delivered: 'Delivered', answered: 'Answered' };

type Props = { ledger: Ledger; account: Account; showsAll: boolean };

/** The fall from what was captured to what was answered, drawn in the rows of the table that tells the same numbers. */
export function WaterfallTable({ ledger, account, showsAll }: Props) {
  const [open, setOpen] = useState<string | null>(null);
  const { total, steps } = waterfallOf(ledger, account);
  const shown = steps.filter((step) => 'stage' in step || step.count > 0 || showsAll);
  const format = account === 'bytes' ? (value: number) => formatBytes(value) : formatCount;
  return (
    <table data-testid="ledger-table" data-account={account} aria-label="Ledger" className="w-full text-[13px]">
      <thead className="sr-only">
        <tr>
          <th scope="col">Stage, or where it ended</th>
          <th scope="col" className="hidden sm:table-cell">
            Drawn
          </th>
          <th scope="col">{account === 'copies' ? 'Copies' : account === 'exchanges' ? 'Exchanges' : 'Bytes'}</th>
          <th scope="col">Share of captured</th>
        </tr>
      </thead>
      <tbody>
        {shown.map((step) => {
          const words = 'stage' in step ? null : bucketWords[step.bucket];
          const key = 'stage' in step ? step.stage : step.bucket;
          const bar = (
            <Bar
              step={step}
              total={total}
              fill={words === null ? ('stage' in step && step.stage in onlineStages ? 'bg-online' : 'bg-target') : bars[words.kind]}
            />
          );
          return (
            <Fragment key={key}>
              <tr
                {...('stage' in step ? { 'data-stage': step.stage } : { 'data-bucket': step.bucket })}
                data-count={step.count}
                title={words?.means ?? stageWords[account]['stage' in step ? step.stage : 'captured']}
                className="[&>*]:py-0.5"
              >
                <th scope="row" className={cn('text-left sm:w-44 sm:whitespace-nowrap', words === null ? 'font-medium' : 'pl-3 font-normal text-soft')}>
                  {'stage' in step ? (
                    <>
                      {stageLabels[step.stage]}
                      <span className="sr-only">: {stageWords[account][step.stage]}</span>
                    </>
                  ) : (
                    <button
                      type="button"
                      aria-expanded={open === key}
                      onClick={() => setOpen(open === key ? null : key)}
                      className="min-h-6 text-left underline decoration-line-strong decoration-dotted underline-offset-4 hover:text-text"
                    >
                      {words!.label}
                    </button>
                  )}
                  <div className="mt-0.5 sm:hidden">{bar}</div>
                </th>
                <td aria-hidden="true" className="hidden px-3 sm:table-cell">
                  {bar}
                </td>
                <td className={cn('w-22 text-right align-top whitespace-nowrap', words?.kind === 'lost' && step.count > 0 && 'text-bad')}>
                  {words !== null && step.count > 0 && '−'}
                  {format(step.count)}
                </td>
                <td className="w-18 text-right align-top whitespace-nowrap text-soft">{total === 0 ? '' : formatShare(step.count, total)}</td>
              </tr>
              {open === key && words !== null && (
                <tr>
                  <td colSpan={4} className="pb-2 pl-3 text-xs text-soft">
                    <p>
                      {words.label}: {words.means}.
                    </p>
                    {words.remedy !== null && <p className="mt-0.5 text-text">{words.remedy}</p>}
                  </td>
                </tr>
              )}
            </Fragment>
          );
        })}
      </tbody>
    </table>
  );
}

function Bar({ step, total, fill }: { step: Step; total: number; fill: string }) {
  const percent = (value: number) => (total === 0 ? 0 : (value / total) * 100);
  return (
    <div className={cn('overflow-hidden rounded-sm bg-raised', 'stage' in step ? 'h-3' : 'h-2')}>
      <div
        className={cn('h-full rounded-sm', fill)}
        style={{ marginLeft: `min(${percent(step.from)}%, 100% - 2px)`, width: `${percent(step.count)}%`, minWidth: step.count > 0 ? '2px' : 0 }}
      />
    </div>
  );
}
