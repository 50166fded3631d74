// What agents read from their command line. Every refusal names the value and the remedy.

import { type Endpoint, formatEndpoint, IpAddress, Port } from '@parallax/protocol';
import { InvalidArgumentError } from 'commander';

export const DEFAULT_RELAY_PORT = 36_524;

function refuse(text: string): never {
  throw new InvalidArgumentError(text);
}

/** A TCP port. */
export function parsePort(text: string): number {
  const port = Port.safeParse(/^\d+$/.test(text) ? Number(text) : Number.NaN);
  return port.success ? port.data : refuse(/^\d+$/.test(text) ? `port ${text} is outside 1-65535.` : `"${text}" is not a port; give a number from 1 to 65535.`);
}

/** `ADDRESS:PORT`, `[V6]:PORT`, or an address alone where a default port is given. */
export function parseEndpoint(text: string, defaultPort?: number): Endpoint {
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[^:]*))(?::(?<port>.*))?$/.exec(text);
  const bareV6 = text.includes('::') || text.split(':').length > 2 ? IpAddress.safeParse(text).success : false;
  const address = bareV6 ? text : (match?.groups?.v6 ?? match?.groups?.v4 ?? '');
  const portText = bareV6 ? undefined : match?.groups?.port;
  if (!IpAddress.safeParse(address).success)
    refuse(
      `"${address || text}" is not an IPv4 or IPv6 address; give numbers such as 10.90.1.21${defaultPort === undefined ? ':6379' : ''} (IPv6 in brackets).`,
    );
  if (portText === undefined) return { address, port: defaultPort ?? refuse(`"${text}" lacks the port; write ${formatEndpoint({ address, port: 6379 })}.`) };
  return { address, port: parsePort(portText) };
}

/** One `-x` mapping: where clients arrive, and the target. */
export type MappingArgument = { listen: { address: string | null; port: number }; target: Endpoint };

/** `PORT-TARGET:PORT` or `ADDRESS:PORT-TARGET:PORT`, several joined by commas. */
export function parseMappings(text: string): MappingArgument[] {
  return text.split(',').map((part) => {
    const dash = part.indexOf('-');
    if (dash < 0) refuse(`"${part}" is not a mapping; write PORT-TARGET:PORT, such as 6379-10.90.1.21:6379.`);
    const from = part.slice(0, dash);
    const to = part.slice(dash + 1);
    const listen = /^[^:.]*$/.test(from) ? { address: null, port: parsePort(from) } : parseEndpoint(from);
    if (to === '') refuse(`"${part}" lacks the target; write ${from}-ADDRESS:PORT.`);
    return { listen, target: parseEndpoint(to) };
  });
}

/** A whole number of copies, 1-1000. */
export function parseMultiplier(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= 1 && value <= 1000 ? value : refuse(`"${text}" is not a multiplier; give a whole number from 1 to 1000.`);
}
