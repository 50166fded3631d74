'use client';
import type { AgentView } from '@parallax/protocol';
import { formatEndpoint } from '@parallax/protocol';
import { ChevronRight, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Instant } from '../../components/ui/instant.tsx';
import { StateBadge } from '../../components/ui/state-badge.tsx';
import { cn } from '../../lib/class-names.ts';
import { plural } from '../../lib/format.ts';
import { useLive } from '../live/use-live.ts';
import { AgentFacts } from './agent-facts.tsx';

type Props = { agent: AgentView; onDelete: () => void };

const shortCapability = (name: string) => name.replace(/^CAP_/, '');
/** Those that an agent's work depends on come first; root's forty would bury them. */
const needed = ['CAP_NET_RAW', 'CAP_NET_ADMIN'];
const MOST_SHOWN = 4;

function Rights({ capabilities }: { capabilities: readonly string[] }) {
  if (capabilities.length === 0) return <span className="text-bad">none</span>;
  const sorted = [...needed.filter((name) => capabilities.includes(name)), ...capabilities.filter((name) => !needed.includes(name))];
  const shown = sorted.length > MOST_SHOWN ? sorted.slice(0, needed.length) : sorted;
  const more = sorted.length - shown.length;
  return (
    <>
      {shown.map(shortCapability).join(' ')}
      {more > 0 && <span className="block text-soft">and {more} more</span>}
    </>
  );
}

/** One agent; opens to everything it told of its host. */
export function AgentRow({ agent, onDelete }: Props) {
  const [isOpen, setOpen] = useState(false);
  const definitions = useLive((state) => state.definitions);
  const statuses = useLive((state) => state.statuses);
  const uses = [...definitions.values()].filter((mapping) => mapping.onlineAgentId === agent.id || mapping.assistantAgentId === agent.id);
  const running = uses.filter((mapping) => statuses.get(mapping.id)?.desired === 'running');
  const relaysUp = agent.relays.filter((relay) => relay.connected).length;
  const path = agent.packetPath;
  const detailsId = `facts-${agent.id}`;
  return (
    <tbody data-testid="agent-row" data-agent={agent.name} className="border-t border-line">
      <tr className="align-top hover:bg-raised/50 [&>td]:px-3 [&>td]:py-2.5">
        <td data-wide>
          <button
            type="button"
            aria-expanded={isOpen}
            aria-controls={detailsId}
            onClick={() => setOpen(!isOpen)}
            className="flex items-start gap-1.5 text-left"
          >
            <ChevronRight aria-hidden className={cn('mt-0.5 size-4 text-faint transition-transform', isOpen && 'rotate-90')} />
            <span>
              <span className="font-semibold">{agent.name}</span>
              <span className="block text-xs whitespace-nowrap text-soft">{agent.role === 'online' ? 'online agent' : 'assistant agent'}</span>
            </span>
          </button>
        </td>
        <td data-label="connection" className="max-w-56">
          <StateBadge state={agent.connected ? 'connected' : 'away'} />
          <div className="mt-1 text-xs text-soft">
            {agent.sinceMs === null ? (
              'never connected: start it with the command shown when it was added'
            ) : (
              <>
                {agent.connected ? 'since' : 'last seen'} <Instant atMs={agent.sinceMs} withDate />
              </>
            )}
          </div>
        </td>
        <td data-label="packet path" className="max-w-64">
          {path ? (
            <>
              <StateBadge state={path.state} />
              <div className="mt-1 text-xs text-soft">
                {path.state === 'running' && agent.io ? `${agent.io.backend}: ${agent.io.why}` : path.reason}
                {path.restarts > 0 && `; restarted ${plural(path.restarts, 'time')}`}
              </div>
            </>
          ) : (
            <span className="text-xs text-faint">not known while it is not connected</span>
          )}
        </td>
        <td data-label="what it runs" className="max-w-56">
          {uses.length === 0 ? 'no mapping' : `${running.length} of ${plural(uses.length, 'mapping')} started`}
          <div className="mt-0.5 text-xs text-soft">{uses.map((mapping) => mapping.name).join(', ')}</div>
          {agent.relays.length > 0 && (
            <div className="mt-0.5 text-xs text-soft">
              relays: {relaysUp} of {agent.relays.length} connected
            </div>
          )}
        </td>
        <td data-label="host">
          {agent.facts ? (
            <>
              <span className="mono">{agent.facts.hostname}</span>
              <div className="mt-0.5 text-xs text-soft">
                {agent.relay ? <span className="mono whitespace-nowrap">relay {formatEndpoint(agent.relay)}</span> : `${agent.facts.cpus} CPUs`}
              </div>
            </>
          ) : (
            <span className="text-xs text-faint">not told yet</span>
          )}
        </td>
        <td data-label="rights" className="mono max-w-44 text-xs leading-relaxed">
          {agent.facts && <Rights capabilities={agent.facts.capabilities} />}
        </td>
        <td data-label="version" className="mono text-xs">
          {agent.version ?? ''}
        </td>
        <td data-wide className="text-right">
          <Button look="quiet" size="icon" aria-label={`Delete agent ${agent.name}`} title="Delete" onClick={onDelete}>
            <Trash2 />
          </Button>
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td data-wide colSpan={8} id={detailsId} className="border-t border-line bg-raised/40 px-10 py-4">
            <AgentFacts agent={agent} />
          </td>
        </tr>
      )}
    </tbody>
  );
}
