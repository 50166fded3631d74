// What an online server's own tables say of the connections to a service: for a forecast before anything is captured.
import { isInside, isIpv4Words, parseAddress, parseCidr } from '@parallax/wire';
import { z } from 'zod';
import { IpAddress, Port } from './address.ts';
import { countHosts } from './cidr.ts';
import { type Demand, type Forecast, forecastOf, type Room, type SourceDemand } from './forecast.ts';
import type { Selection } from './selection.ts';
import type { Share, Sources } from './sources.ts';

const count = z.int().min(0);

/** Of which service, and which source ports count as `inside`. */
export const LoadQuery = z.object({
  listen: z.object({ address: IpAddress.nullable(), port: Port, lastPort: Port.nullable().optional() }),
  ports: z.object({ first: Port, last: Port }),
});
export type LoadQuery = z.infer<typeof LoadQuery>;

export const CLIENTS_MOST = 1000;

/** Connections that are established now, by client address, the busiest first. */
export const Load = z.object({
  clients: z.array(z.object({ address: IpAddress, sessions: count, inside: count, isLocal: z.boolean() })).max(CLIENTS_MOST),
  /** The rest of them together. */
  others: z.object({ clients: count, sessions: count, inside: count }),
  /** New ones; very short ones that the client closed may be missing. */
  opensPerSecond: z.number().min(0),
});
export type Load = z.infer<typeof Load>;

interface Copying {
  target: { address: string };
  multiplier: number;
  selection: Selection;
  sources: Sources;
}

const isV4 = (address: string): boolean => {
  const words = parseAddress(address);
  return words !== null && isIpv4Words(words);
};

/** The part of a client's sessions that the selection takes; of the percentage, what it is after the ramp. */
function shareOf(address: string | null, { percent, include, exclude }: Selection): number {
  const words = address === null ? null : parseAddress(address);
  const isIn = (network: string) => {
    const cidr = parseCidr(network);
    return words !== null && cidr !== null && isInside(words, cidr);
  };
  if (exclude.some(isIn) || (include.length > 0 && !include.some(isIn))) return 0;
  return percent / 100;
}

/** What the ports and addresses of a mapping amount to. */
export function roomOf(sources: Sources, share: Share, targetAddress: string): Room {
  const { first, last } = sources.ports;
  return {
    portsPerAddress: Math.max(0, Math.floor((last - first + 1) / share.count)),
    poolAddresses: Math.min(65_536, countHosts(sources.pool, isV4(targetAddress))),
    ownShare: 1 / share.count,
  };
}

/** What a mapping would ask for, of which client addresses, if it copied the connections that are there now. */
export function demandOfLoad(load: Load, { target, multiplier, selection, sources }: Copying): Demand {
  const own: SourceDemand[] = [];
  const pooled: SourceDemand = { sessions: 0, copies: 0, inside: 0 };
  const together: SourceDemand = { sessions: 0, copies: 0, inside: 0 };
  const others = load.others.clients === 0 ? [] : Array.from({ length: Math.min(load.others.clients, 10_000) }, () => null);
  const groups = [
    ...load.clients,
    ...others.map(() => ({
      address: null,
      sessions: load.others.sessions / others.length,
      inside: load.others.inside / others.length,
      isLocal: false,
    })),
  ];
  const selected = groups.map((group) => ({ ...group, share: shareOf(group.address, selection) }));
  const total = selected.reduce((sum, { sessions, share }) => sum + sessions * share, 0);
  const bound = selection.maxSessions === null || total <= selection.maxSessions ? 1 : selection.maxSessions / total;
  for (const { address, share, isLocal, ...group } of selected) {
    const sessions = group.sessions * share * bound;
    const demand = { sessions, copies: sessions * multiplier, inside: group.inside * share * bound };
    const bears = sources.identity === 'address' ? sources.address : isLocal ? sources.loopbackAs : (address ?? target.address);
    const into = sources.identity === 'pool' || bears === null || isV4(bears) !== isV4(target.address) ? pooled : null;
    if (into !== null) addTo(into, sources.identity === 'pool' ? demand : { ...demand, inside: demand.sessions });
    else if (sources.identity === 'address' || isLocal) addTo(together, demand);
    else own.push(demand);
  }
  if (together.sessions > 0) own.push(together);
  return { own, pooled, cooling: 0, opensPerSecond: load.opensPerSecond };
}

function addTo(sum: SourceDemand, { sessions, copies, inside }: SourceDemand): void {
  sum.sessions += sessions;
  sum.copies += copies;
  sum.inside += inside;
}

/** The forecast for a mapping that does not run yet. */
export const forecastOfLoad = (load: Load, copying: Copying, share: Share): Forecast =>
  forecastOf(demandOfLoad(load, copying), roomOf(copying.sources, share, copying.target.address));
