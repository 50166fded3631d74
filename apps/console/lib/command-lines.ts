// The commands that do by hand what the console does, or that the console needs somebody to do.
import { formatEndpoint, isIpv6, lastPortOf, type MappingInput, realClients } from '@parallax/protocol';

const program = 'bin/parallax';
export const defaultRelayPort = 36_524;

/** What a new agent is started with. `consoleUrl` is the address of this page. */
export function agentCommand(role: 'online' | 'assistant', token: string, consoleUrl: string): string {
  const url = `${consoleUrl.replace(/^http/, 'ws').replace(/\/$/, '')}/ws/agent`;
  return `PARALLAX_TOKEN=${token} ${program} ${role} --console ${url} -i eth0`;
}

/** How a script asks whether the target is slower. `consoleUrl` is the address of this page. */
export const verdictCommand = (token: string, consoleUrl: string): string =>
  `PARALLAX_API_TOKEN=${token} ${program} verdict --console ${consoleUrl} --mapping NAME --for 5m --max-p99-delta 2ms`;

type StandAlone = Pick<MappingInput, 'listen' | 'target' | 'multiplier' | 'pacing' | 'midStream' | 'adapter' | 'selection' | 'sources'> & {
  relay: { address: string; port: number } | null;
};

const portsArgument = (ports: { port: number; lastPort?: number | null | undefined }): string =>
  lastPortOf(ports) === ports.port ? String(ports.port) : `${ports.port}..${ports.lastPort}`;
const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** What differs from the defaults of the command. */
function copyingArguments({ pacing, midStream, adapter, selection, sources }: StandAlone): string[] {
  const { percent, by, include, exclude, maxSessions, ramp } = selection;
  const { identity, address, pool, loopbackAs, ports } = sources;
  const isWhole = ports.first === realClients.ports.first && ports.last === realClients.ports.last;
  const isDealt = identity === 'pool';
  return [
    pacing === 'response' ? '' : `--pacing ${pacing}`,
    midStream === 'boundary' ? '' : `--mid-stream ${midStream}`,
    adapter === 'turns' ? '' : `--adapter ${adapter}`,
    percent === 100 ? '' : `-r ${percent}`,
    by === 'session' ? '' : `--select-by ${by}`,
    include.length === 0 ? '' : `--clients ${include.join(',')}`,
    exclude.length === 0 ? '' : `--not-clients ${exclude.join(',')}`,
    maxSessions === null ? '' : `--max-sessions ${maxSessions}`,
    ramp === null ? '' : `-g ${ramp.fromPercent}:${ramp.steps}:${ramp.stepSeconds}`,
    isDealt ? `-c ${pool.join(',')}` : identity === 'address' ? `-c ${address}` : '',
    isDealt || pool.length === 0 ? '' : `--pool ${pool.join(',')}`,
    loopbackAs === null ? '' : `-H ${loopbackAs}`,
    isWhole ? '' : `--ports ${ports.first}-${ports.last}`,
  ].filter((each) => each !== '');
}

/** The same mapping without a console: one command on each server. */
export function standAloneCommands(mapping: StandAlone): { assistant: string; online: string } {
  const { listen, target, multiplier, relay } = mapping;
  const from = `${listen.address === null ? '' : `${bracketed(listen.address)}:`}${portsArgument(listen)}`;
  const to = `${bracketed(target.address)}:${portsArgument(target)}`;
  const assistant = relay ? formatEndpoint(relay) : `ASSISTANT:${defaultRelayPort}`;
  const words = [`-x ${from}-${to}`, `-s ${assistant}`, `-n ${multiplier}`, ...copyingArguments(mapping), '--key-file parallax.key'];
  return { assistant: `${program} assistant -i eth0 --key-file parallax.key`, online: `${program} online ${words.join(' ')}` };
}

type NetworkRouting = { networks: readonly string[]; assistant: string };

/** Leads the target's answers to those networks to the assistant. */
export function routeCommands({ networks, assistant }: NetworkRouting): { apply: string; revert: string } {
  const ip = isIpv6(assistant) ? 'ip -6' : 'ip';
  const lines = (verb: string) => networks.map((network) => `${ip} route ${verb} ${network} via ${assistant}`).join('\n');
  return { apply: lines('replace'), revert: lines('del') };
}

type PortRouting = { assistant: string; target: { port: number; lastPort?: number | null | undefined } };

const routingTable = defaultRelayPort; // any number that no other table of the target has

/** The same by the ports of the service, for clients in the target's own subnet, which no route by address can lead away. */
export function portRouteCommands({ assistant, target }: PortRouting): { apply: string; revert: string } {
  const ip = isIpv6(assistant) ? 'ip -6' : 'ip';
  const ports = lastPortOf(target) === target.port ? String(target.port) : `${target.port}-${target.lastPort}`;
  return {
    apply: `${ip} route replace default via ${assistant} table ${routingTable}\n${ip} rule add ipproto tcp sport ${ports} lookup ${routingTable}`,
    revert: `${ip} rule del ipproto tcp sport ${ports} lookup ${routingTable}\n${ip} route flush table ${routingTable}`,
  };
}
