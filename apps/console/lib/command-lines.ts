// The commands that do by hand what the console does, or that the console needs somebody to do.
import { formatEndpoint, isIpv6 } from '@parallax/protocol';

const program = 'bin/parallax';
export const defaultRelayPort = 36_524;

/** What a new agent is started with. `consoleUrl` is the address of this page. */
export function agentCommand(role: 'online' | 'assistant', token: string, consoleUrl: string): string {
  const url = `${consoleUrl.replace(/^http/, 'ws').replace(/\/$/, '')}/ws/agent`;
  return `PARALLAX_TOKEN=${token} ${program} ${role} --console ${url} -i eth0`;
}

type StandAlone = {
  listen: { address: string | null; port: number };
  target: { address: string; port: number };
  multiplier: number;
  midStream: string;
  relay: { address: string; port: number } | null;
};

/** The same mapping without a console: one command on each server. */
export function standAloneCommands({ listen, target, multiplier, midStream, relay }: StandAlone): { assistant: string; online: string } {
  const from = listen.address === null ? String(listen.port) : formatEndpoint({ address: listen.address, port: listen.port });
  const to = target.address.includes(':') ? `[${target.address}]:${target.port}` : `${target.address}:${target.port}`;
  const open = midStream === 'boundary' ? '' : ` --mid-stream ${midStream}`;
  const assistant = relay ? formatEndpoint(relay) : `ASSISTANT:${defaultRelayPort}`;
  return {
    assistant: `${program} assistant -i eth0 --key-file parallax.key`,
    online: `${program} online -x ${from}-${to} -s ${assistant} -n ${multiplier}${open} --key-file parallax.key`,
  };
}

type Routing = { clientNet: string; assistant: string; targetPort: number };

/** Leads the target's answers to clients to the assistant. */
export function routeCommands({ clientNet, assistant }: Routing): { apply: string; revert: string } {
  const ip = isIpv6(assistant) ? 'ip -6' : 'ip';
  return { apply: `${ip} route replace ${clientNet} via ${assistant}`, revert: `${ip} route del ${clientNet} via ${assistant}` };
}

const routingTable = defaultRelayPort; // any number that no other table of the target has

/** The same by the port of the service, for clients in the target's own subnet, which no route by address can lead away. */
export function portRouteCommands({ assistant, targetPort }: Routing): { apply: string; revert: string } {
  const ip = isIpv6(assistant) ? 'ip -6' : 'ip';
  return {
    apply: `${ip} route replace default via ${assistant} table ${routingTable}\n${ip} rule add ipproto tcp sport ${targetPort} lookup ${routingTable}`,
    revert: `${ip} rule del ipproto tcp sport ${targetPort} lookup ${routingTable}\n${ip} route flush table ${routingTable}`,
  };
}
