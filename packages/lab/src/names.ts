// What the lab's hosts are called and where they live; the same on every machine, so that tests and documents can say "10.90.1.21".
import { z } from 'zod';

export const HOSTS = ['client', 'online', 'target', 'assistant'] as const;
export type Host = (typeof HOSTS)[number];
/** The hosts and the namespace that holds the bridge between them. */
export const PLACES = [...HOSTS, 'switch'] as const;
export type Place = (typeof PLACES)[number];

export const ADDRESS: Record<Host, string> = { client: '10.90.0.10', online: '10.90.1.20', target: '10.90.1.21', assistant: '10.90.1.22' };
export const ADDRESS6: Record<Host, string> = { client: 'fd90::10', online: 'fd90:1::20', target: 'fd90:1::21', assistant: 'fd90:1::22' };
/** Fixed, so that a rebuilt host is found again at once and captures read alike (locally administered: 02). */
export const MAC: Record<Host, string> = {
  client: '02:90:00:00:00:10',
  online: '02:90:00:00:01:20',
  target: '02:90:00:00:01:21',
  assistant: '02:90:00:00:01:22',
};
/** Ten clients behind one interface: 10.90.0.10 to 10.90.0.19, in this order. */
export const CLIENT_ADDRESSES: readonly string[] = Array.from({ length: 10 }, (_, index) => `10.90.0.${10 + index}`);
/** fd90::10 to fd90::19: the last group reads like the IPv4 address. */
export const CLIENT_ADDRESSES6: readonly string[] = Array.from({ length: 10 }, (_, index) => `fd90::${10 + index}`);
/** The client addresses, more specific than the /16 all hosts share, so that the target's route to them wins. */
export const CLIENT_NET = '10.90.0.0/24';
export const CLIENT_NET6 = 'fd90::/32';
export const PREFIX_BITS = 16; // both families: one link, no router between the hosts

export const OnOff = z.enum(['on', 'off']);
export type OnOff = z.infer<typeof OnOff>;
export const Direction = z.enum(['in', 'out', 'both']);
export type Direction = z.infer<typeof Direction>;

export const DEFAULT_PREFIX = 'parallax';
/** What the namespaces of one lab begin with: `parallax` makes `parallax-client`, `parallax-online` and so on. */
export const Prefix = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,23}$/, 'a lab prefix is 1 to 24 lower-case letters, digits and dashes and begins with a letter, for example "parallax"');

/** The namespace of one place of the lab. */
export const namespaceOf = (prefix: string, place: Place): string => `${prefix}-${place}`;
/** Where a namespace is pinned, so that it can be looked up without running a program. */
export const namespacePath = (name: string): string => `/run/netns/${name}`;
/** Sockets and data of the lab's services; root only, removed by `down`. */
export const runtimeDirOf = (prefix: string): string => `/run/parallax-lab/${prefix}`;

/** A host by its name; an unknown name is answered with the names there are. */
export function parseHost(name: string): Host {
  const host = HOSTS.find((candidate) => candidate === name);
  if (host === undefined) throw new LabError(`no host "${name}" in the lab; the hosts are ${HOSTS.join(', ')}`);
  return host;
}

/** A failure the operator can act on: what failed, on which value, what to do. */
export class LabError extends Error {
  override readonly name = 'LabError';
}
