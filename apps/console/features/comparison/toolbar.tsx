'use client';
import type { ComparisonView } from '@parallax/protocol';
import { Download, Pause, Play, ZoomOut } from 'lucide-react';
import { Button } from '../../components/ui/button.tsx';
import { Select } from '../../components/ui/select.tsx';
import { cn } from '../../lib/class-names.ts';
import { type ChangeShown, type Last, lasts, type Shown } from './shown.ts';
import { SpanInputs } from './span-inputs.tsx';

const labels: Record<Last, string> = { '5m': '5 min', '15m': '15 min', '1h': '1 h', '6h': '6 h', '24h': '24 h', '7d': '7 d' };

type Props = {
  shown: Shown;
  change: ChangeShown;
  /** The window as it is now. */
  fromMs: number;
  toMs: number;
  kinds: ComparisonView['kinds'];
  csvPath: (format: 'csv' | 'kinds.csv') => string;
};

/** Which time, which requests, which measure; and the figures to take away. */
export function Toolbar({ shown, change, fromMs, toMs, kinds, csvPath }: Props) {
  const isLive = shown.range === null;
  const names = [...new Set([...kinds.map(({ kind }) => kind), ...(shown.kind === null ? [] : [shown.kind])])];
  const zoomOut = () => {
    const halfMs = (toMs - fromMs) / 2;
    const endMs = Math.min(toMs + halfMs, Math.max(toMs, Date.now()));
    change({ range: { fromMs: endMs - 4 * halfMs, toMs: endMs } }, 'push');
  };
  return (
    <div role="toolbar" aria-label="What is shown" className="flex flex-wrap items-center gap-2">
      <fieldset className="flex rounded-md border border-line-strong p-0.5">
        <legend className="sr-only">Time shown</legend>
        {(Object.keys(lasts) as Last[]).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={isLive && each === shown.last}
            title={`The last ${labels[each]}, following the clock`}
            onClick={() => change({ last: each, range: null }, 'push')}
            className={cn('min-h-6 rounded px-2 text-xs text-soft hover:text-text', isLive && each === shown.last && 'bg-raised font-medium text-text')}
          >
            {labels[each]}
          </button>
        ))}
      </fieldset>
      {isLive ? (
        <Button size="small" title="Keep this window as it is, and choose its ends" onClick={() => change({ range: { fromMs, toMs } })}>
          <Pause /> Pause
        </Button>
      ) : (
        <>
          <SpanInputs key={`${fromMs} ${toMs}`} fromMs={fromMs} toMs={toMs} onChange={(from, to) => change({ range: { fromMs: from, toMs: to } }, 'push')} />
          <Button size="small" title="Follow the clock" onClick={() => change({ range: null })}>
            <Play /> Live
          </Button>
        </>
      )}
      <Button size="small" onClick={zoomOut} aria-label="Show twice the time">
        <ZoomOut />
      </Button>
      <span className="flex flex-wrap items-center gap-2 xl:ml-auto">
        <span className="w-44">
          <Select
            className="h-7 text-xs"
            aria-label="Kind of request"
            value={shown.kind ?? ''}
            onChange={(event) => change({ kind: event.target.value || null })}
          >
            <option value="">all requests</option>
            {names.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </Select>
        </span>
        <span className="w-36">
          <Select
            className="h-7 text-xs"
            aria-label="Measure"
            value={shown.measure}
            onChange={(event) => change({ measure: event.target.value === 'lastByte' ? 'lastByte' : 'firstByte' })}
          >
            <option value="firstByte">to first byte</option>
            <option value="lastByte">to last byte</option>
          </Select>
        </span>
        <Button asChild size="small">
          <a href={csvPath('csv')} download>
            <Download /> CSV over time
          </a>
        </Button>
        <Button asChild size="small">
          <a href={csvPath('kinds.csv')} download>
            <Download /> CSV by kind
          </a>
        </Button>
      </span>
    </div>
  );
}
