'use client';
import type { VerdictLine, VerdictView } from '@parallax/protocol';
import { CircleHelp, Equal, TrendingDown, TrendingUp } from 'lucide-react';
import { Notice } from '../../components/ui/notice.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { cn } from '../../lib/class-names.ts';
import { formatCount, formatDuration } from '../../lib/format.ts';
import { type Percent, percents } from './shown.ts';
import type { Answer } from './use-answer.ts';
import { formatLatency, percentName, signedIntervalText, verdictText } from './words.ts';

const icons = { slower: TrendingUp, faster: TrendingDown, same: Equal, 'not enough data': CircleHelp };

type Props = { answer: Answer<VerdictView>; percent: Percent; onPercent: (percent: Percent) => void };

/** Is the target slower? In one sentence, with how sure that is. */
export function VerdictPanel({ answer: { view, failure }, percent, onPercent }: Props) {
  const line = view?.lines.find((each) => each.percent === percent);
  const Icon = icons[line?.outcome ?? 'not enough data'];
  return (
    <Panel
      title="Verdict"
      note="on paired exchanges, latency to the first byte"
      actions={
        <fieldset className="flex rounded-md border border-line-strong p-0.5">
          <legend className="sr-only">Percentile of the verdict</legend>
          {percents.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === percent}
              onClick={() => onPercent(each)}
              className={cn('min-h-6 rounded px-2 text-xs text-soft hover:text-text', each === percent && 'bg-raised font-medium text-text')}
            >
              {percentName(each)}
            </button>
          ))}
        </fieldset>
      }
    >
      {failure !== null && <Notice tone="bad">{failure}</Notice>}
      {view === null ? (
        failure === null && <p className="text-[13px] text-soft">Drawing {formatCount(4000)} replicates…</p>
      ) : (
        <>
          <p data-testid="verdict" data-outcome={line?.outcome ?? 'not enough data'} className="flex items-start gap-2 text-[15px] font-medium">
            <Icon aria-hidden className="mt-0.5 size-4.5 shrink-0 text-soft" />
            <span>{verdictText(line, view)}</span>
          </p>
          {view.lines.length > 0 && <Lines view={view} percent={percent} />}
        </>
      )}
    </Panel>
  );
}

function Lines({ view, percent }: { view: VerdictView; percent: Percent }) {
  return (
    <>
      <div className="relative mt-3 overflow-x-auto">
        <table data-testid="verdict-table" aria-label="Differences with their uncertainty" className="w-full text-xs">
          <thead>
            <tr className="text-faint [&>th]:px-2 [&>th]:py-1 [&>th]:text-right [&>th]:font-medium">
              <th scope="col" className="!text-left">
                Of
              </th>
              <th scope="col" className="text-online">
                online
              </th>
              <th scope="col" className="text-target">
                target
              </th>
              <th scope="col">difference</th>
              <th scope="col">95 % interval</th>
              <th scope="col" className="!text-left">
                Says
              </th>
            </tr>
          </thead>
          <tbody>
            {view.lines.map((line) => (
              <Line key={percentName(line.percent)} line={line} isChosen={line.percent === percent} />
            ))}
          </tbody>
        </table>
      </div>
      <p className="mt-2 text-xs text-faint">
        {formatCount(view.used)} of {formatCount(view.pairs)} pairs, drawn again by whole steps of {formatDuration(view.stepMs)} ({formatCount(view.blocks)} of
        them); called different where the whole 99.5 % interval is further from zero than {formatLatency(view.resolutionUs)}.
      </p>
    </>
  );
}

function Line({ line, isChosen }: { line: VerdictLine; isChosen: boolean }) {
  return (
    <tr
      data-name={percentName(line.percent)}
      data-outcome={line.outcome}
      className={cn('border-t border-line [&>td]:px-2 [&>td]:py-1 [&>td]:text-right [&>td]:whitespace-nowrap', isChosen && 'bg-raised')}
    >
      <th scope="row" className="px-2 text-left font-medium">
        {percentName(line.percent)}
      </th>
      <td data-value={line.onlineUs} className="text-online">
        {formatLatency(line.onlineUs)}
      </td>
      <td data-value={line.targetUs} className="text-target">
        {formatLatency(line.targetUs)}
      </td>
      <td data-value={line.deltaUs}>
        {line.deltaUs > 0 ? '+' : ''}
        {formatLatency(line.deltaUs)}
      </td>
      <td data-low={line.within95[0]} data-high={line.within95[1]}>
        {signedIntervalText(line.within95)}
      </td>
      <td className="min-w-32 !text-left !whitespace-normal text-soft">{line.lacks ?? line.outcome}</td>
    </tr>
  );
}
