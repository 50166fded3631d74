// What makes a mapping wrong beyond its shape. Pure: the form asks it as one types, the API before it writes.
import type { AgentView, MappingInput, MappingView } from '@parallax/protocol';
import { formatEndpoint, lastPortOf, rangeProblem } from '@parallax/protocol';
import { canonicalAddress, isSameAddress } from './addresses.ts';
import { targetWords } from './mapping-words.ts';
import { sourceProblems } from './source-rules.ts';

/** One thing to put right. `field` is dotted, as in ApiError. */
export type Problem = { field: string; message: string };

type RuleAgent = Pick<AgentView, 'id' | 'name' | 'role' | 'facts'>;
type RuleMapping = Pick<MappingView, 'id' | 'name' | 'onlineAgentId' | 'listen' | 'target'>;

function addressesOf(agent: RuleAgent | undefined): string[] {
  return agent?.facts?.interfaces.flatMap((nic) => nic.addresses.map((entry) => entry.address)) ?? [];
}

type Ports = { port: number; lastPort?: number | null | undefined };
const doPortsMeet = (a: Ports, b: Ports): boolean => a.port <= lastPortOf(b) && b.port <= lastPortOf(a);

/** Where on its target a mapping sends what comes to `port`. */
const targetPortOf = ({ listen, target }: Pick<RuleMapping, 'listen' | 'target'>, port: number): number =>
  lastPortOf(target) === target.port ? target.port : target.port + port - listen.port;

/** The first port of clients that both mappings copy to the same place; null if there is none. */
function sharedPort(a: Pick<RuleMapping, 'listen' | 'target'>, b: Pick<RuleMapping, 'listen' | 'target'>): number | null {
  if (!isSameAddress(a.target.address, b.target.address)) return null;
  if (a.listen.address !== null && b.listen.address !== null && !isSameAddress(a.listen.address, b.listen.address)) return null;
  const last = Math.min(lastPortOf(a.listen), lastPortOf(b.listen));
  for (let port = Math.max(a.listen.port, b.listen.port); port <= last; port++) if (targetPortOf(a, port) === targetPortOf(b, port)) return port;
  return null;
}

/** True if a connection to `target` would be captured by the mapping that listens there. */
function isCapturedBy(target: MappingView['target'], mapping: Pick<RuleMapping, 'listen' | 'onlineAgentId'>, agents: readonly RuleAgent[]): boolean {
  if (!doPortsMeet(target, mapping.listen)) return false;
  if (mapping.listen.address !== null) return isSameAddress(target.address, mapping.listen.address);
  const agent = agents.find((candidate) => candidate.id === mapping.onlineAgentId);
  return addressesOf(agent).some((address) => isSameAddress(address, target.address));
}

/** The names of the mappings through which copies would come back to where they were made; null if they do not. */
function findLoop(input: MappingInput, others: readonly RuleMapping[], agents: readonly RuleAgent[]): string[] | null {
  const seen = new Set<string>();
  let target = input.target;
  for (;;) {
    if (isCapturedBy(target, input, agents)) return [...seen];
    const next = others.find((other) => !seen.has(other.name) && isCapturedBy(target, other, agents));
    if (!next) return null;
    seen.add(next.name);
    target = next.target;
  }
}

function unreachable(address: string): string | null {
  const text = canonicalAddress(address);
  if (/^127\./.test(text) || text === '::1') return 'is this host itself: copies carry the client’s address, which never leaves by the loopback interface';
  if (text === '0.0.0.0' || text === '::') return 'stands for any address: name the one of the target server';
  if (/^(22[4-9]|23\d)\./.test(text) || /^ff/i.test(text)) return 'is a multicast address: TCP needs the one of a server';
  return null;
}

/** Everything wrong with `input`, in the order of the form. `others` are the mappings besides the one being edited. */
export function mappingProblems(input: MappingInput, others: readonly RuleMapping[], agents: readonly RuleAgent[]): Problem[] {
  const problems: Problem[] = [];
  const add = (field: string, message: string) => problems.push({ field, message });
  const online = agents.find((agent) => agent.id === input.onlineAgentId);
  const assistant = agents.find((agent) => agent.id === input.assistantAgentId);

  if (others.some((other) => other.name === input.name)) add('name', `a mapping named "${input.name}" exists already`);

  if (!online) add('onlineAgentId', 'this online agent does not exist any more: choose another');
  else if (online.role !== 'online') add('onlineAgentId', `${online.name} is an ${online.role} agent: choose an online agent`);

  const range = rangeProblem(input.listen, input.target);
  if (range) add(...range);
  else {
    const same = others.filter((other) => other.onlineAgentId === input.onlineAgentId).find((other) => sharedPort(input, other) !== null);
    if (same) {
      const port = sharedPort(input, same)!;
      const place = formatEndpoint({ address: input.target.address, port: targetPortOf(input, port) });
      add('target.port', `mapping "${same.name}" already copies port ${port} of this agent to ${place}: raise its multiplier, or choose another target`);
    }
  }

  const wrong = unreachable(input.target.address);
  if (wrong) add('target.address', `${input.target.address} ${wrong}`);
  else {
    const loop = findLoop(input, others, agents);
    const via = loop && loop.length > 0 ? ` through ${loop.map((name) => `"${name}"`).join(', ')}` : '';
    if (loop) add('target.address', `${targetWords(input.target)} leads back to where this mapping listens${via}: copies would be copied without end`);
  }

  const hosts = [...new Set([online, assistant, ...agents])].filter((agent) => agent !== undefined);
  const taken = [
    { address: input.target.address, by: 'the target' },
    ...hosts.flatMap((agent) => addressesOf(agent).map((address) => ({ address, by: agent.name }))),
    ...others.map(({ name, target }) => ({ address: target.address, by: `the target of mapping "${name}"` })),
  ];
  problems.push(...sourceProblems(input, taken));

  if (!assistant) add('assistantAgentId', 'this assistant agent does not exist any more: choose another');
  else if (assistant.role !== 'assistant') add('assistantAgentId', `${assistant.name} is an ${assistant.role} agent: choose an assistant agent`);
  return problems;
}
