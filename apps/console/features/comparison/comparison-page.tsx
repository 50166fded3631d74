'use client';
import type { ComparisonView, VerdictView } from '@parallax/protocol';
import { ArrowLeft } from 'lucide-react';
import Link from 'next/link';
import { useMemo } from 'react';
import { Notice } from '../../components/ui/notice.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { StateBadge } from '../../components/ui/state-badge.tsx';
import { cn } from '../../lib/class-names.ts';
import { formatDuration } from '../../lib/format.ts';
import { useConsoleNow, useDefinition, useStatus } from '../live/use-live.ts';
import { StartStop } from '../mapping/start-stop.tsx';
import { tickFormat } from './axis.ts';
import type { ChartProps } from './chart-props.ts';
import { CurvePanel } from './curve-panel.tsx';
import { Doubts } from './doubts.tsx';
import { HeatPanel } from './heat-panel.tsx';
import { KindsPanel } from './kinds-panel.tsx';
import { PercentilePanel } from './percentile-panel.tsx';
import { ScatterPanel } from './scatter-panel.tsx';
import { lasts, useShown } from './shown.ts';
import { SummaryPanel } from './summary-panel.tsx';
import { Toolbar } from './toolbar.tsx';
import { TrafficPanel } from './traffic-panel.tsx';
import { useAnswer } from './use-answer.ts';
import { VerdictPanel } from './verdict-panel.tsx';

/** Nobody looks closer than this. */
const LEAST_SPAN_MS = 5_000;
const VERDICT_EVERY_MS = 10_000;

/** A live window is asked for again so often: short ones every other second, long ones when a point may have been added. */
const everyMs = (spanMs: number): number => Math.min(60_000, Math.max(2_000, spanMs / 400));

/** Online against target over any time that is kept. What is shown stands in the address. */
export function ComparisonPage({ id }: { id: string }) {
  const mapping = useDefinition(id);
  const status = useStatus(id);
  const nowMs = useConsoleNow();
  const [shown, change] = useShown();
  const isLive = shown.range === null;
  const spanMs = isLive ? lasts[shown.last] : shown.range!.toMs - shown.range!.fromMs;
  const toMs = shown.range?.toMs ?? nowMs ?? 0;
  const fromMs = toMs - spanMs;

  // The clock moves a live window on, but does not make it another question.
  const kind = shown.kind === null ? '' : `&kind=${encodeURIComponent(shown.kind)}`;
  const pathOf = (what: 'comparison' | 'verdict', rest = '') => `/mappings/${id}/${what}?from=${Math.round(fromMs)}&to=${Math.round(toMs)}${kind}${rest}`;
  const window = isLive ? `last ${shown.last}` : `${fromMs} ${toMs}`;
  const isReady = nowMs !== null;
  const measure = `&measure=${shown.measure}`;
  const comparison = useAnswer<ComparisonView>(
    isReady ? () => pathOf('comparison', measure) : null,
    `${isReady} ${window}${kind}${measure}`,
    isLive ? everyMs(spanMs) : null,
  );
  const verdict = useAnswer<VerdictView>(isReady ? () => pathOf('verdict') : null, `${isReady} ${window}${kind}`, isLive ? VERDICT_EVERY_MS : null);
  const { view, failure } = comparison;
  const formatTick = useMemo(() => tickFormat(spanMs, view?.stepMs ?? 1000), [spanMs, view?.stepMs]);

  if (!mapping) {
    return (
      <p className="text-[13px] text-soft">
        This mapping was deleted. <Link href="/">Back to the overview</Link>
      </p>
    );
  }
  const onSelect = (from: number, to: number) => {
    const middleMs = (from + to) / 2;
    const halfMs = Math.max(to - from, LEAST_SPAN_MS) / 2;
    change({ range: { fromMs: middleMs - halfMs, toMs: middleMs + halfMs } }, 'push');
  };
  const charts: Omit<ChartProps, 'view'> = { shown, fromMs, toMs, formatTick, onSelect, fileName: mapping.name.replace(/[^A-Za-z0-9._-]+/g, '-') };
  const isEmpty = view !== null && view.whole.online.count + view.whole.target.count === 0;
  return (
    <div className="flex flex-col gap-4">
      <header className="flex flex-wrap items-center gap-3">
        <Link href={`/mappings/${id}`} className="inline-flex items-center gap-1 text-[13px] text-soft hover:text-text">
          <ArrowLeft aria-hidden className="size-3.5" /> {mapping.name}
        </Link>
        <h1 className="text-lg font-semibold">Comparison</h1>
        {status && <StateBadge state={status.state} />}
        <span className="ml-auto">
          <StartStop mapping={mapping} />
        </span>
      </header>
      <Toolbar
        shown={shown}
        change={change}
        fromMs={fromMs}
        toMs={toMs}
        kinds={view?.kinds ?? []}
        csvPath={(format) => `/api/v1${pathOf('comparison', `${measure}&format=${format}`)}`}
      />
      {failure !== null && <Notice tone="bad">{failure}</Notice>}
      {view !== null && <Doubts counts={view.counts} adapter={mapping.adapter} id={id} />}
      {view === null ? (
        failure === null && <p className="text-[13px] text-soft">Asking the console for the last {formatDuration(spanMs)}…</p>
      ) : isEmpty ? (
        <Nothing id={id} isRunning={status?.desired === 'running'} isKind={shown.kind !== null} onAll={() => change({ kind: null })} />
      ) : (
        <div data-testid="comparison" data-step-ms={view.stepMs} className={cn('flex flex-col gap-4', comparison.isLoading && 'opacity-60 transition-opacity')}>
          <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,5fr)_minmax(0,7fr)]">
            <VerdictPanel answer={verdict} percent={shown.percent} onPercent={(percent) => change({ percent })} />
            <SummaryPanel view={view} />
          </div>
          <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
            <PercentilePanel view={view} change={change} {...charts} />
            <TrafficPanel view={view} {...charts} />
          </div>
          <HeatPanel view={view} {...charts} />
          <div className="grid items-start gap-4 xl:grid-cols-2">
            <CurvePanel view={view} {...charts} />
            <ScatterPanel view={view} {...charts} />
          </div>
          <KindsPanel mapping={mapping} kinds={view.kinds} chosen={shown.kind} onChoose={(next) => change({ kind: next })} />
        </div>
      )}
    </div>
  );
}

function Nothing({ id, isRunning, isKind, onAll }: { id: string; isRunning: boolean; isKind: boolean; onAll: () => void }) {
  return (
    <Panel title="Nothing to compare">
      <p className="max-w-prose text-[13px] text-soft">
        {isKind ? (
          <>
            No request of this kind was answered in this window.{' '}
            <button type="button" onClick={onAll} className="underline">
              Show all requests
            </button>
          </>
        ) : isRunning ? (
          <>
            The mapping is running, but no request was answered in this window. Figures come within two seconds of the first answer;{' '}
            <Link href={`/mappings/${id}/sessions`} className="underline">
              look at the open sessions
            </Link>{' '}
            to see whether clients speak.
          </>
        ) : (
          <>Nothing was mirrored in this window. Start the mapping, or choose an earlier window.</>
        )}
      </p>
    </Panel>
  );
}
