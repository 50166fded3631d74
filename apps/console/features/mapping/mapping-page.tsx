'use client';
import { GitCompareArrows, Pencil, Split, Trash2 } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.tsx';
import { Instant } from '../../components/ui/instant.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { Reason } from '../../components/ui/reason.tsx';
import { StateBadge } from '../../components/ui/state-badge.tsx';
import { callApi } from '../../lib/api-client.ts';
import { copyingWords, portsWords, targetWords } from '../../lib/mapping-words.ts';
import { RangePicker } from '../charts/range-picker.tsx';
import { Shortage } from '../forecast/shortage.tsx';
import { LedgerPanel } from '../ledger/ledger-panel.tsx';
import { PacketsPanel } from '../ledger/packets-panel.tsx';
import { useDefinition, useHistory, useSamples, useStatus } from '../live/use-live.ts';
import { SessionTable } from '../sessions/session-table.tsx';
import { EventsPanel, type PastEvent } from './events-panel.tsx';
import { latestForecast } from './figures.ts';
import { LatencyPanel } from './latency-panel.tsx';
import { Path } from './path.tsx';
import { RoutesPanel } from './routes-panel.tsx';
import { StartStop } from './start-stop.tsx';
import { ThroughputPanel } from './throughput-panel.tsx';

type Props = { id: string; past: readonly PastEvent[] };

/** Everything about one mapping. */
export function MappingPage({ id, past }: Props) {
  const router = useRouter();
  const mapping = useDefinition(id);
  const status = useStatus(id);
  const [isDeleting, setDeleting] = useState(false);
  useHistory(id);
  const forecast = latestForecast(useSamples(id));
  if (!mapping) {
    return (
      <p className="text-[13px] text-soft">
        This mapping was deleted. <Link href="/">Back to the overview</Link>
      </p>
    );
  }
  const isRunning = status?.desired === 'running';
  return (
    <div className="flex flex-col gap-4">
      <header className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-full sm:basis-0">
          <div className="flex items-center gap-3">
            <h1 className="truncate text-lg font-semibold">{mapping.name}</h1>
            {status && <StateBadge state={status.state} />}
          </div>
          {status && (
            <p data-testid="mapping-reason" className="mt-0.5 text-[13px] text-soft">
              <Reason text={status.reason} />, since <Instant atMs={status.sinceMs} withDate />
            </p>
          )}
          <p data-testid="mapping-copying" className="text-[13px] text-faint">
            Port {portsWords(mapping.listen)} to {targetWords(mapping.target)}, {copyingWords(mapping)}
          </p>
        </div>
        <RangePicker mappingId={id} />
        <Button asChild>
          <Link href={`/mappings/${id}/comparison`}>
            <GitCompareArrows /> Compare
          </Link>
        </Button>
        <Button asChild>
          <Link href={`/mappings/${id}/edit`}>
            <Pencil /> Edit
          </Link>
        </Button>
        <Button asChild look="quiet">
          <Link href={`/mappings/new?beside=${id}`} title="Copy the same ports to another target as well">
            <Split /> Add target
          </Link>
        </Button>
        <Button look="quiet" disabled={isRunning} title={isRunning ? 'Stop it first' : undefined} onClick={() => setDeleting(true)}>
          <Trash2 /> Delete
        </Button>
        <StartStop mapping={mapping} />
      </header>
      {isRunning && <Shortage forecast={forecast} />}
      <Path mapping={mapping} />
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="contents min-w-0 xl:flex xl:flex-col xl:gap-4">
          <LatencyPanel mapping={mapping} />
          <div className="min-w-0 max-xl:order-last">
            <PacketsPanel mapping={mapping} />
          </div>
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <ThroughputPanel mapping={mapping} />
          <LedgerPanel mappingId={id} />
        </div>
      </div>
      <Panel
        title="Sessions"
        note="open now, newest first"
        isFlush
        actions={
          <Button asChild size="small">
            <Link href={`/mappings/${id}/sessions`}>All sessions</Link>
          </Button>
        }
      >
        <SessionTable mapping={mapping} limit={8} />
      </Panel>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <EventsPanel mapping={mapping} past={past} />
        <RoutesPanel mapping={mapping} />
      </div>
      <ConfirmDialog
        open={isDeleting}
        onOpenChange={setDeleting}
        title={`Delete ${mapping.name}?`}
        action="Delete mapping"
        onConfirm={async () => {
          await callApi('DELETE', `/mappings/${id}`);
          router.push('/');
        }}
      >
        Its figures and its place on the overview go with it. Routes on the target server stay until you revert them.
      </ConfirmDialog>
    </div>
  );
}
