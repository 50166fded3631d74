// What this host's tables say of the connections to a service (Linux, proc(5): /proc/net/tcp, /proc/net/tcp6).
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { CLIENTS_MOST, type Load, type LoadQuery, lastPortOf } from '@parallax/protocol';
import { type AddressWords, formatAddress, isInside, isSameAddress, parseAddress, parseCidr } from '@parallax/wire';

const ESTABLISHED = '01';
const LISTEN = '0A';
const WATCH_MS = 1000;
const loopbacks = [parseCidr('127.0.0.0/8')!, parseCidr('::1')!];

/** One connection of the service; `name` is its client's pair as the kernel writes it. */
export interface Connection {
  name: string;
  client: AddressWords;
  clientPort: number;
  server: AddressWords;
  isEstablished: boolean;
}

/** The kernel writes each 32-bit word of an address as the number that it is in memory. */
function wordsOf(hex: string): AddressWords {
  const word = (at: number) => Buffer.from(hex.slice(at, at + 8), 'hex').readInt32LE(0);
  return hex.length === 8 ? [0, 0, 0xffff, word(0)] : [word(0), word(8), word(16), word(24)];
}

/** The connections in the text of /proc/net/tcp or tcp6 that clients have to the service. */
export function readConnections(text: string, { listen }: LoadQuery): Connection[] {
  const address = listen.address === null ? null : parseAddress(listen.address);
  const connections: Connection[] = [];
  for (const line of text.split('\n').slice(1)) {
    const [, local, remote, state] = line.trim().split(/\s+/, 4);
    if (local === undefined || remote === undefined || state === undefined || state === LISTEN) continue;
    const port = Number.parseInt(local.slice(-4), 16);
    if (port < listen.port || port > lastPortOf(listen)) continue;
    const server = wordsOf(local.slice(0, -5));
    if (address !== null && !isSameAddress(server, address)) continue;
    const client = wordsOf(remote.slice(0, -5));
    connections.push({ name: `${remote}${local}`, client, clientPort: Number.parseInt(remote.slice(-4), 16), server, isEstablished: state === ESTABLISHED });
  }
  return connections;
}

/** Two looks at the same tables, `spanMs` apart, as one answer. */
export function loadOf(before: readonly Connection[], now: readonly Connection[], spanMs: number, { ports }: LoadQuery): Load {
  const known = new Set(before.map(({ name }) => name));
  const opened = now.filter(({ name }) => !known.has(name)).length;
  const byClient = new Map<string, Load['clients'][number]>();
  for (const { client, clientPort, server, isEstablished } of now) {
    if (!isEstablished) continue;
    const address = formatAddress(client);
    const isLocal = loopbacks.some((loopback) => isInside(client, loopback)) || isSameAddress(client, server);
    const entry = byClient.get(address) ?? { address, sessions: 0, inside: 0, isLocal };
    entry.sessions++;
    if (clientPort >= ports.first && clientPort <= ports.last) entry.inside++;
    byClient.set(address, entry);
  }
  const clients = [...byClient.values()].sort((a, b) => b.sessions - a.sessions);
  const rest = clients.splice(CLIENTS_MOST);
  const sum = (of: (each: Load['clients'][number]) => number) => rest.reduce((total, each) => total + of(each), 0);
  return {
    clients,
    others: { clients: rest.length, sessions: sum((each) => each.sessions), inside: sum((each) => each.inside) },
    opensPerSecond: (opened * 1000) / spanMs,
  };
}

async function look(query: LoadQuery): Promise<Connection[]> {
  const texts = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')));
  if (texts.every((text) => text === '')) throw new Error('this host does not tell its connections: /proc/net/tcp cannot be read');
  return texts.flatMap((text) => readConnections(text, query));
}

/** The connections to a service now, and how fast new ones come. Takes a second. Throws a sentence where the host does not tell. */
export async function hostLoad(query: LoadQuery): Promise<Load> {
  const before = await look(query);
  const startedMs = performance.now();
  await wait(WATCH_MS);
  return loadOf(before, await look(query), performance.now() - startedMs, query);
}
