'use client';
import { ArrowLeft } from 'lucide-react';
import Link from 'next/link';
import { Input } from '../../components/ui/input.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { StateBadge } from '../../components/ui/state-badge.tsx';
import { useQuery } from '../../lib/use-query.ts';
import { useDefinition, useStatus } from '../live/use-live.ts';
import { StartStop } from '../mapping/start-stop.tsx';
import { SessionTable } from './session-table.tsx';

/** All open sessions of a mapping. The filter stands in the address. */
export function SessionsPage({ id }: { id: string }) {
  const mapping = useDefinition(id);
  const status = useStatus(id);
  const [filter, setFilter] = useQuery('client');
  if (!mapping) {
    return (
      <p className="text-[13px] text-soft">
        This mapping was deleted. <Link href="/">Back to the overview</Link>
      </p>
    );
  }
  return (
    <div className="flex flex-col gap-4">
      <header className="flex items-center gap-3">
        <Link href={`/mappings/${id}`} className="inline-flex items-center gap-1 text-[13px] text-soft hover:text-text">
          <ArrowLeft aria-hidden className="size-3.5" /> {mapping.name}
        </Link>
        <h1 className="text-lg font-semibold">Sessions</h1>
        {status && <StateBadge state={status.state} />}
        <span className="ml-auto">
          <StartStop mapping={mapping} />
        </span>
      </header>
      <Panel
        title="Open now"
        note="newest first, at most 200"
        isFlush
        actions={
          <Input
            aria-label="Filter by client"
            placeholder="client address"
            className="mono h-7 w-56"
            value={filter ?? ''}
            onChange={(event) => setFilter(event.target.value === '' ? null : event.target.value)}
          />
        }
      >
        <SessionTable mapping={mapping} filter={filter ?? ''} />
      </Panel>
    </div>
  );
}
