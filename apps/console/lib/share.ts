// Which part of a target's ports each online agent may use, so that two of them never speak from the same address and port. Pure.
import { lastPortOf, type MappingView, type Share, wholeShare } from '@parallax/protocol';
import { canonicalAddress } from './addresses.ts';

type Feeding = Pick<MappingView, 'onlineAgentId' | 'target' | 'desired'>;

const isSameTarget = (a: Feeding['target'], b: Feeding['target']): boolean =>
  canonicalAddress(a.address) === canonicalAddress(b.address) && a.port <= lastPortOf(b) && b.port <= lastPortOf(a);

/** The online agents that feed the target of `mapping`, or one whose ports overlap with those of such a target, in order. */
export function feedersOf(mapping: Feeding, others: readonly Feeding[]): string[] {
  const found: Feeding[] = [mapping];
  for (let index = 0; index < found.length; index++) {
    for (const other of others)
      if (other.desired === 'running' && !found.includes(other) && isSameTarget(other.target, found[index]!.target)) found.push(other);
  }
  return [...new Set(found.map(({ onlineAgentId }) => onlineAgentId))].sort();
}

/** The part of the mapping's agent, of all that run. */
export function shareOf(mapping: Feeding, mappings: readonly Feeding[]): Share {
  const feeders = feedersOf(mapping, mappings);
  return feeders.length === 1 ? wholeShare : { index: feeders.indexOf(mapping.onlineAgentId), count: feeders.length };
}
