// What makes a mapping wrong beyond its shape. Pure: the form asks it as one types, the API before it writes.
import type { AgentView, MappingInput, MappingView } from '@parallax/protocol';
import { formatEndpoint } from '@parallax/protocol';

/** One thing to put right. `field` is dotted, as in ApiError. */
export type Problem = { field: string; message: string };

type RuleAgent = Pick<AgentView, 'id' | 'name' | 'role' | 'facts'>;
type RuleMapping = Pick<MappingView, 'id' | 'name' | 'onlineAgentId' | 'listen' | 'target'>;

/** One spelling per address, so that `::1` and `0:0:0:0:0:0:0:1` are the same. */
export function canonicalAddress(address: string): string {
  const text = address.includes(':') ? `[${address}]` : address;
  return URL.canParse(`http://${text}`) ? new URL(`http://${text}`).hostname.replace(/^\[|\]$/g, '') : address;
}

const isSameAddress = (a: string, b: string) => canonicalAddress(a) === canonicalAddress(b);

function addressesOf(agent: RuleAgent | undefined): string[] {
  return agent?.facts?.interfaces.flatMap((nic) => nic.addresses.map((entry) => entry.address)) ?? [];
}

/** True if a connection to `target` would be captured by the mapping that listens there. */
function isCapturedBy(
  target: { address: string; port: number },
  mapping: Pick<RuleMapping, 'listen' | 'onlineAgentId'>,
  agents: readonly RuleAgent[],
): boolean {
  if (target.port !== mapping.listen.port) return false;
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

  const overlap = others.find(
    (other) =>
      other.onlineAgentId === input.onlineAgentId &&
      other.listen.port === input.listen.port &&
      (other.listen.address === null || input.listen.address === null || isSameAddress(other.listen.address, input.listen.address)),
  );
  if (overlap) add('listen.port', `mapping "${overlap.name}" already mirrors port ${input.listen.port} of this agent: choose another port, or another address`);

  const wrong = unreachable(input.target.address);
  if (wrong) add('target.address', `${input.target.address} ${wrong}`);
  else if (input.listen.address !== null && input.listen.address.includes(':') !== input.target.address.includes(':')) {
    add(
      'target.address',
      `${input.target.address} and ${input.listen.address} are of different IP versions: a copy carries the client’s address, so both must be the same`,
    );
  } else {
    const loop = findLoop(input, others, agents);
    const via = loop && loop.length > 0 ? ` through ${loop.map((name) => `"${name}"`).join(', ')}` : '';
    if (loop) add('target.address', `${formatEndpoint(input.target)} leads back to where this mapping listens${via}: copies would be copied without end`);
  }

  if (!assistant) add('assistantAgentId', 'this assistant agent does not exist any more: choose another');
  else if (assistant.role !== 'assistant') add('assistantAgentId', `${assistant.name} is an ${assistant.role} agent: choose an assistant agent`);
  return problems;
}
