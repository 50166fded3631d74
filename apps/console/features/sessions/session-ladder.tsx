import type { SessionRow, TracedHold, TracedMoment, TracedSegment } from '@parallax/protocol';
import { ArrowLeft, ArrowRight, Pause, Play } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Select } from '../../components/ui/select.tsx';
import { cn } from '../../lib/class-names.ts';
import { formatBytes, formatCount, formatExactTime } from '../../lib/format.ts';
import type { Trace } from '../live/trace-state.ts';
import { useTrace } from '../live/use-live.ts';
import { flagWords, isToServer, segmentWords, sinceFirst } from './ladder.ts';

const mostShown = 200;

/** Two lanes, the client with the online server and one copy with the target, segment by segment from now on. */
export function SessionLadder({ session }: { session: SessionRow }) {
  const trace = useTrace(session.id);
  const [paused, setPaused] = useState<Trace | null>(null);
  const [copy, setCopy] = useState(0);
  const shown = paused ?? trace;
  const moments = shown?.moments.filter((moment) => moment.copy === null || moment.copy === copy) ?? [];
  const label = `Segments of ${session.client.address}:${session.client.port}`;
  return (
    <section aria-label={label} className="mt-3 flex max-w-4xl flex-col gap-2 text-xs">
      <header className="flex items-center gap-3">
        <h3 className="font-medium text-soft">Segments from now on</h3>
        {shown !== null && shown.copies.length > 1 && (
          <Select aria-label="Copy" className="w-44" value={String(copy)} onChange={(event) => setCopy(Number(event.target.value))}>
            {shown.copies.map(({ index, port }) => (
              <option key={index} value={index}>
                copy at port {port}
              </option>
            ))}
          </Select>
        )}
        {moments.length > 0 && (
          <Button onClick={() => setPaused(paused === null ? trace : null)}>
            {paused === null ? <Pause aria-hidden className="size-3.5" /> : <Play aria-hidden className="size-3.5" />}
            {paused === null ? 'Pause' : 'Go on'}
          </Button>
        )}
      </header>
      {shown === null || shown.firstAtUs === null || moments.length === 0 ? (
        <p className="text-soft">
          {shown?.isTold
            ? 'Nothing was said since; the next segment of the session or of its copies stands here.'
            : 'Asking the online agent to tell of each segment.'}
        </p>
      ) : (
        <Lanes trace={shown} moments={moments.slice(-mostShown)} firstAtUs={shown.firstAtUs} label={label} />
      )}
      {moments.length > mostShown && <p className="text-faint">The newest {formatCount(mostShown)} are shown.</p>}
      {shown !== null && shown.omitted > 0 && (
        <p className="text-warn">{formatCount(shown.omitted)} more were seen and are not listed: the agent tells at most 500 a second.</p>
      )}
    </section>
  );
}

function Lanes({ trace, moments, firstAtUs, label }: { trace: Trace; moments: readonly TracedMoment[]; firstAtUs: number; label: string }) {
  return (
    <div className="max-h-96 overflow-auto border border-line">
      <table className="w-full" aria-label={label} data-testid="session-ladder">
        <thead className="sticky top-0 bg-panel">
          <tr className="text-left text-faint [&>th]:px-2 [&>th]:py-1 [&>th]:font-medium">
            <th scope="col" className="text-right">
              Time
            </th>
            <th scope="col" className="w-1/2 text-online">
              Client and online server
            </th>
            <th scope="col" className="w-1/2 text-target">
              Copy and target
            </th>
          </tr>
        </thead>
        <tbody>
          {moments.map((moment, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: moments have no name, and only the newest are added
            <tr key={`${moment.atUs} ${index}`} className="border-t border-line [&>td]:px-2 [&>td]:py-0.5">
              <td className="text-right whitespace-nowrap text-faint" title={formatExactTime(moment.atUs / 1000)}>
                {sinceFirst(moment.atUs, firstAtUs)}
              </td>
              <td>{moment.what === 'segment' && moment.copy === null && <SegmentCell segment={moment} trace={trace} tone="text-online" />}</td>
              <td>
                {moment.what === 'segment' && moment.copy !== null && <SegmentCell segment={moment} trace={trace} tone="text-target" />}
                {moment.what === 'hold' && <HoldCell hold={moment} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SegmentCell({ segment, trace, tone }: { segment: TracedSegment; trace: Trace; tone: string }) {
  const { seq, ack, exact } = segmentWords(segment, trace);
  const [Arrow, direction] = isToServer(segment) ? [ArrowRight, 'to the server'] : [ArrowLeft, 'from the server'];
  return (
    <span className={cn('flex items-center gap-2 whitespace-nowrap', tone)} title={exact}>
      <Arrow aria-label={direction} className={cn('size-3.5 shrink-0', !isToServer(segment) && 'order-last ml-auto')} />
      <span className="mono">{flagWords(segment.flags)}</span>
      <span>{seq}</span>
      <span>{ack}</span>
      {segment.isAgain && <span className="text-warn">sent again</span>}
    </span>
  );
}

function HoldCell({ hold }: { hold: TracedHold }) {
  return <span className="text-soft italic">{hold.held === null ? 'goes on' : `holds ${formatBytes(hold.waitingBytes)} back: ${hold.held}`}</span>;
}
