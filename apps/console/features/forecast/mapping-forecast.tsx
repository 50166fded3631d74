'use client';
import { forecastOfLoad, type MappingInput } from '@parallax/protocol';
import { shareOf } from '../../lib/share.ts';
import { useLive } from '../live/use-live.ts';
import { ForecastFigures } from './forecast-figures.tsx';
import { Shortage } from './shortage.tsx';
import { useLoad } from './use-load.ts';

type Props = { /** As it would run; null while it is not filled in. */ mapping: Omit<MappingInput, 'name' | 'assistantAgentId'> | null; id: string | null };

/** What the connections that are there now would make of copies, before anything is sent. */
export function MappingForecast({ mapping, id }: Props) {
  const agent = useLive((state) => state.agents.get(mapping?.onlineAgentId ?? ''));
  const definitions = useLive((state) => state.definitions);
  const query = mapping !== null && agent?.connected === true ? { listen: mapping.listen, ports: mapping.sources.ports } : null;
  const { load, error } = useLoad(mapping?.onlineAgentId ?? '', query);
  if (mapping === null) return <Soft>Choose the online agent, ports and target to see what the connections of now would make.</Soft>;
  if (!agent?.connected) return <Soft>The online agent is not connected: it tells how many connections its server has.</Soft>;
  if (error !== null) return <Soft>{error}</Soft>;
  if (load === null) return <Soft>Asking {agent.name} how many connections its server has…</Soft>;
  const others = [...definitions.values()].filter((other) => other.id !== id);
  const running = { ...mapping, desired: 'running' as const };
  const forecast = forecastOfLoad(load, mapping, shareOf(running, [...others, running]));
  const clients = load.clients.length + load.others.clients;
  return (
    <div className="flex flex-col gap-3">
      <p className="text-xs text-soft">
        {clients === 0 ? 'Nobody is connected to these ports now' : `From ${clients} ${clients === 1 ? 'address' : 'addresses'} on these ports now`}, as the
        tables of {agent.name}’s server say.
      </p>
      <ForecastFigures forecast={forecast} />
      <Shortage forecast={forecast} />
    </div>
  );
}

function Soft({ children }: { children: React.ReactNode }) {
  return <p className="text-[13px] text-soft">{children}</p>;
}
