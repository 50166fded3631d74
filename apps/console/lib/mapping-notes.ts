// What an operator may want to know of a mapping though nothing is wrong with it. Pure.
import { doNetworksOverlap, type MappingInput, type MappingView } from '@parallax/protocol';
import { isSameAddress } from './addresses.ts';
import { formatFactor } from './format.ts';
import type { Problem } from './mapping-rules.ts';
import { targetWords } from './mapping-words.ts';
import { feedersOf } from './share.ts';

const lastOf = ({ port, lastPort }: MappingInput['listen']): number => lastPort ?? port;

/** `field` is the input that it is about. */
export function mappingNotes(input: MappingInput, others: readonly MappingView[], nameOf: (agentId: string) => string): Problem[] {
  const notes: Problem[] = [];
  const add = (field: string, message: string) => notes.push({ field, message });
  const isHere = ({ onlineAgentId, listen }: MappingView) =>
    onlineAgentId === input.onlineAgentId &&
    listen.port <= lastOf(input.listen) &&
    input.listen.port <= lastOf(listen) &&
    (listen.address === null || input.listen.address === null || isSameAddress(listen.address, input.listen.address));
  const fanned = others.filter(isHere);
  if (fanned.length > 0)
    add(
      'listen.port',
      `Also copied to ${fanned.map(({ name, target, multiplier }) => `${targetWords(target)} (${name}, ${formatFactor(multiplier)})`).join(', ')}, from one capture.`,
    );

  const feeders = feedersOf({ ...input, desired: 'running' as const }, others).filter((agentId) => agentId !== input.onlineAgentId);
  if (feeders.length > 0)
    add(
      'target.address',
      `${feeders.map(nameOf).join(', ')} ${feeders.length === 1 ? 'feeds' : 'feed'} this target too: each agent gets its own part of the ports, and only copies whose client’s port lies in it keep it.`,
    );

  const sharing = others.filter(({ sources }) => sources.pool.some((network) => input.sources.pool.some((own) => doNetworksOverlap(own, network))));
  if (sharing.length > 0)
    add('sources.pool', `Shared with ${sharing.map(({ name }) => `“${name}”`).join(', ')}: at one target no pair of address and port is given out twice.`);
  return notes;
}
