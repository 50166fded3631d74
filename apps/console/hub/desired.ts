// What each agent should be doing, from what the database wants. Pure.
import type { OnlineMapping, RelayCredential } from '@parallax/protocol';
import { shareOf } from '../lib/share.ts';
import type { Agent, Mapping } from '../store/store.ts';

export type DesiredWork = { mappings: OnlineMapping[]; relays: RelayCredential[] };

const byAge = (a: Mapping, b: Mapping) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1);

/** One credential per (online agent, assistant) pair: that of its oldest mapping. */
function credentialOf(pair: Pick<Mapping, 'onlineAgentId' | 'assistantAgentId'>, mappings: readonly Mapping[]): RelayCredential {
  const oldest = mappings.filter((one) => one.onlineAgentId === pair.onlineAgentId && one.assistantAgentId === pair.assistantAgentId).sort(byAge)[0];
  if (!oldest) throw new Error('a pair without a mapping has no credential');
  return { identity: oldest.relayIdentity, key: oldest.relayKey };
}

/** For an online agent: its running mappings whose assistant has told where its relay listens. */
function forOnline(agent: Agent, mappings: readonly Mapping[], agents: ReadonlyMap<string, Agent>): DesiredWork {
  const work: OnlineMapping[] = [];
  for (const mapping of mappings.filter((one) => one.onlineAgentId === agent.id && one.desired === 'running').sort(byAge)) {
    const relay = agents.get(mapping.assistantAgentId)?.relay;
    if (!relay) continue;
    const { id, name, listen, target, multiplier, pacing, midStream, adapter, selection, sources } = mapping;
    const told = { id, name, listen, target, multiplier, pacing, midStream, adapter, selection, sources };
    work.push({ ...told, relay: { ...relay, credential: credentialOf(mapping, mappings) }, moreRelays: [], share: shareOf(mapping, mappings) });
  }
  return { mappings: work, relays: [] };
}

/** For an assistant: a credential for every online agent that has a mapping with it, running or not. */
function forAssistant(agent: Agent, mappings: readonly Mapping[]): DesiredWork {
  const mine = mappings.filter((mapping) => mapping.assistantAgentId === agent.id);
  const pairs = new Map(mine.map((mapping) => [mapping.onlineAgentId, mapping]));
  const relays = [...pairs.values()].map((mapping) => credentialOf(mapping, mappings));
  return { mappings: [], relays: relays.sort((a, b) => (a.identity < b.identity ? -1 : 1)) };
}

export function desiredOf(agent: Agent, mappings: readonly Mapping[], agents: ReadonlyMap<string, Agent>): DesiredWork {
  return agent.role === 'online' ? forOnline(agent, mappings, agents) : forAssistant(agent, mappings);
}
