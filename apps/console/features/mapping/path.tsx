'use client';
import type { MappingView } from '@parallax/protocol';
import { Panel } from '../../components/ui/panel.tsx';
import { Reason } from '../../components/ui/reason.tsx';
import { StateBadge } from '../../components/ui/state-badge.tsx';
import { cn } from '../../lib/class-names.ts';
import { formatBytes, formatFactor, formatRate, plural } from '../../lib/format.ts';
import { freshSample } from '../live/freshness.ts';
import { useConsoleNow, useLive, useSamples, useStatus } from '../live/use-live.ts';
import { type Hop, hopsOf } from './hops.ts';

const roles = { client: 'Clients', online: 'Online server', target: 'Target server', assistant: 'Assistant server' };
const edges = { client: 'border-line-strong', online: 'border-online', target: 'border-target', assistant: 'border-line-strong' };
const inks = { client: 'text-soft', online: 'text-online', target: 'text-target', assistant: 'text-soft' };

function Station({ hop }: { hop: Hop }) {
  return (
    <li data-testid={`hop-${hop.name}`} className={cn('min-w-36 flex-1 rounded-md border-t-[3px] bg-raised/60 px-3 pt-2 pb-2.5', edges[hop.name])}>
      <div className={cn('text-[11px] font-medium', inks[hop.name])}>{roles[hop.name]}</div>
      <div className="truncate font-semibold" title={hop.title}>
        {hop.title}
      </div>
      <div className="mono truncate text-xs text-soft" title={hop.where}>
        {hop.where}
      </div>
      <div className="mt-2">
        <StateBadge state={hop.state} {...(hop.name === 'client' && hop.state === 'running' ? { text: 'Captured' } : {})} />
      </div>
      <div className="mt-1 text-xs leading-snug text-soft">
        <Reason text={hop.reason} />
      </div>
    </li>
  );
}

type EdgeProps = { lines: string[]; tone: string; label: string };

function Edge({ lines, tone, label }: EdgeProps) {
  return (
    <li
      aria-label={label}
      className={cn(
        'flex w-28 shrink-0 flex-col items-center self-start pt-3 text-xs max-lg:w-full max-lg:flex-row max-lg:gap-x-3 max-lg:px-3 max-lg:py-0.5',
        tone,
      )}
    >
      <span aria-hidden="true" className="lg:hidden">
        ↓
      </span>
      <span className="font-medium whitespace-nowrap">{lines[0]}</span>
      <svg aria-hidden="true" viewBox="0 0 100 8" preserveAspectRatio="none" className="my-0.5 h-2 w-full px-2 max-lg:hidden">
        <path d="M0 4H94M90 1l5 3-5 3" fill="none" stroke="currentColor" strokeWidth="1.4" vectorEffect="non-scaling-stroke" />
      </svg>
      {lines.slice(1).map((line) => (
        <span key={line} className="whitespace-nowrap text-soft">
          {line}
        </span>
      ))}
    </li>
  );
}

/** The way of the traffic, with what flows between its stations. */
export function Path({ mapping }: { mapping: MappingView }) {
  const nowMs = useConsoleNow();
  const samples = useSamples(mapping.id);
  const status = useStatus(mapping.id);
  const online = useLive((state) => state.agents.get(mapping.onlineAgentId));
  const assistant = useLive((state) => state.agents.get(mapping.assistantAgentId));
  const sample = freshSample(samples, nowMs);
  const [clients, ...servers] = hopsOf({ mapping, status, online, assistant, samples, sample, nowMs: nowMs ?? 0 });
  const rate = (side: 'online' | 'target') => formatRate(sample?.exchanges[side] ?? null);
  const between: EdgeProps[] = [
    { label: 'client to online', tone: 'text-online', lines: [rate('online'), sample ? formatBytes(sample.bytes.captured, true) : 'no figures'] },
    {
      label: 'online to target',
      tone: 'text-target',
      lines: [
        rate('target'),
        ...(sample
          ? [formatBytes(sample.bytes.injected, true), `${plural(sample.copiesOpen, 'copy', 'copies')} open`]
          : [`${formatFactor(mapping.multiplier)} wanted`]),
      ],
    },
    { label: 'target to assistant', tone: 'text-soft', lines: [formatRate(sample?.packets.answers ?? null, 'packets/s'), 'answers'] },
  ];
  return (
    <Panel title="Path" note={nowMs !== null && !sample && status?.desired === 'running' ? 'no figures arrive: what flows is not known' : undefined}>
      <ol className="flex gap-1 max-lg:flex-col">
        <Station hop={clients!} />
        {servers.map((hop, index) => [<Edge key={`${hop.name}-edge`} {...between[index]!} />, <Station key={hop.name} hop={hop} />])}
      </ol>
    </Panel>
  );
}
