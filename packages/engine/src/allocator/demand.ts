// What the sessions now open want of source ports: the live side of a forecast.
import type { AddressWords } from '@parallax/wire';
import { FlowKey, FlowTable } from '../flow-table.ts';
import type { Mapping } from '../mapping.ts';
import type { Outline } from '../parking/outline.ts';
import { copiesOf } from '../selection.ts';

/** Of the sessions whose copies bear the same address: how many, the copies they ask for, and how many have a client's port that other copies might want too. */
export interface SourceDemand {
  sessions: number;
  copies: number;
  inside: number;
}

const nobody: AddressWords = [0, 0, 0, 0];

/** One entry for each address, and one for all sessions that have nothing but the pool: where it is the identity, or no address that a copy could bear by right. */
export function demandOf(sessions: Iterable<Outline>, mapping: Mapping): { own: SourceDemand[]; pooled: SourceDemand } {
  const found = new FlowTable<SourceDemand>(0, 64);
  const key = new FlowKey();
  const pooled = { sessions: 0, copies: 0, inside: 0 };
  const own: SourceDemand[] = [];
  for (const session of sessions) {
    if (session.isSkipped || !session.mappings.includes(mapping)) continue;
    const address = mapping.sources.ownOf(session.client, session.server);
    const isPooled = address === null || mapping.sources.isOfPool;
    key.set(address ?? nobody, 0, nobody, 0);
    let demand = isPooled ? pooled : found.get(key);
    if (demand === undefined) {
      demand = { sessions: 0, copies: 0, inside: 0 };
      found.set(key, demand);
      own.push(demand);
    }
    demand.sessions++;
    demand.copies += copiesOf(mapping.config.multiplier, session);
    if (address === null || mapping.sources.range.has(session.clientPort)) demand.inside++;
  }
  return { own, pooled };
}
