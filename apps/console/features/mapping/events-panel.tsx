'use client';
import type { AgentEvent, MappingView } from '@parallax/protocol';
import { Circle, OctagonAlert, TriangleAlert } from 'lucide-react';
import { Instant } from '../../components/ui/instant.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { Reason } from '../../components/ui/reason.tsx';
import { useLive } from '../live/use-live.ts';

export type PastEvent = { atMs: number; level: AgentEvent['level']; text: string };

const icons = {
  info: <Circle aria-label="info" className="size-3 text-faint" />,
  warning: <TriangleAlert aria-label="warning" className="size-3.5 text-warn" />,
  error: <OctagonAlert aria-label="error" className="size-3.5 text-bad" />,
};

type Props = { mapping: MappingView /** What was stored when the page was made, newest first. */; past: readonly PastEvent[] };

/** What happened to this mapping and to its agents, newest first. */
export function EventsPanel({ mapping, past }: Props) {
  const live = useLive((state) => state.events);
  const agentIds = [mapping.onlineAgentId, mapping.assistantAgentId];
  const isOurs = (agentId: string, event: AgentEvent) => event.mappingId === mapping.id || (event.mappingId === null && agentIds.includes(agentId));
  const fresh = live.filter(({ agentId, event }) => isOurs(agentId, event)).map(({ event }) => event);
  // What was stored and came live too is there once.
  const all = [...new Map([...past, ...fresh].map((event) => [`${event.atMs} ${event.text}`, event])).values()].sort((a, b) => b.atMs - a.atMs);
  return (
    <Panel title="Events" isFlush>
      {all.length === 0 ? (
        <p className="p-4 text-[13px] text-soft">Nothing has happened yet.</p>
      ) : (
        <ol className="max-h-80 overflow-y-auto py-2 text-[13px]" aria-label="Events">
          {all.slice(0, 100).map((event) => (
            <li key={`${event.atMs} ${event.text}`} className="grid grid-cols-[auto_auto_1fr] items-start gap-x-2.5 px-4 py-1">
              <span className="text-xs leading-5 text-faint">
                <Instant atMs={event.atMs} withDate />
              </span>
              <span className="flex h-5 w-4 items-center justify-center">{icons[event.level]}</span>
              <span className="min-w-0 [overflow-wrap:anywhere]">
                <Reason text={event.text} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
