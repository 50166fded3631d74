// What the multiplier's tests share: servers that count, clients that stay, and the connections as they were opened.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ADDRESS, CLIENT_ADDRESSES, type Host, type Lab, waitUntil } from '@parallax/lab';
import { parseAddress, SYN } from '@parallax/wire';
import { expect } from 'vitest';
import { recordPackets } from '../scenario/support.ts';

const script = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));

/** What a counting server says of itself: connections and lines, how often the rarest and the most frequent line came, connections by address. */
export type Figures = {
  accepted: number;
  open: number;
  most: number;
  lines: number;
  broken: number;
  different: number;
  least: number;
  times: number;
  from: Record<string, number>;
};

export type Server = { get(): Figures; stop(): void };

/** At one port or at several in a row, counted together. */
export async function serve(lab: Lab, host: Host, port: number, lastPort = port): Promise<Server> {
  const child = lab.spawn(host, [process.execPath, script('counting-server.mjs'), String(port), String(lastPort)]);
  let last: Figures | null = null;
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line.startsWith('{')) last = JSON.parse(line) as Figures;
  });
  await waitUntil(() => last !== null, { what: `${host}:${port} listens` });
  return { get: () => last!, stop: () => child.kill() };
}

/** Client address and port, 0 for any. */
export type End = [string, number];

/** So many connections from five client addresses. */
export const five = (count: number): End[] => Array.from({ length: count }, (_, index) => [CLIENT_ADDRESSES[index % 5]!, 0]);

export type Clients = {
  /** Lines said so far, all of them answered: say one more on every connection. */
  speak(): Promise<void>;
  end(): Promise<void>;
};

/** Connections that have said a line each, and stay until `end`. */
export async function clients(lab: Lab, ends: readonly End[], port: number, { prefix = 'line', host = 'client' as Host, server = ADDRESS.online } = {}) {
  const job = JSON.stringify({ host: server, port, ends, prefix });
  const child: ChildProcess = lab.spawn(host, [process.execPath, script('line-client.mjs'), job], { stdio: ['pipe', 'pipe', 'pipe'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  const answered = async (rounds: number) => {
    await waitUntil(() => lines.length >= rounds, { what: `${ends.length} clients are answered ${rounds} times`, timeoutMs: 20_000 });
    expect(lines.slice(0, rounds)).toEqual(Array.from({ length: rounds }, (_, index) => `answered ${(index + 1) * ends.length}`));
  };
  let rounds = 1;
  await answered(rounds);
  const gone = new Promise((resolve) => child.once('close', resolve));
  return {
    speak: () => {
      child.stdin!.write('more\n');
      return answered(++rounds);
    },
    end: async () => {
      child.stdin!.end();
      await gone;
    },
  } satisfies Clients;
}

/**
 * So many connections one after the other, some at a time, from all client addresses: each says a line, is answered and ends. Two or three thousand a second,
 * which leaves the agents time on a busy machine: what becomes of more is for other tests.
 */
export async function shortClients(lab: Lab, count: number, port: number, prefix = 'line'): Promise<void> {
  const job = JSON.stringify({ host: ADDRESS.online, port, count, addresses: CLIENT_ADDRESSES, prefix, atATime: 20, pauseMs: 6 });
  expect(await lab.mustExec('client', [process.execPath, script('short-client.mjs'), job], { timeoutMs: 60_000 })).toBe(`answered ${count}\n`);
}

/** Until the server has so many lines, or no more come for a while; what is missing is for the test to say. */
export const settled = ({ get }: Server, lines: number, timeoutMs = 30_000) =>
  waitUntil(() => get().lines >= lines, { what: `${lines} lines`, timeoutMs }).catch(() => {});

/** Until the server's figures, which come five times a second, have stayed the same for a while: what is too much would have come by then. */
export async function quiet({ get }: Server): Promise<void> {
  for (let last = ''; last !== JSON.stringify(get()); await pause(500)) last = JSON.stringify(get());
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The connections that clients open to these ports of the online server meanwhile, each as the engine is asked about it. */
export async function recordOpened(lab: Lab, ports: readonly number[]) {
  const from = ports.map((port) => `dst port ${port}`).join(' or ');
  const recorded = await recordPackets(lab, 'online', `dst host ${ADDRESS.online} and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn and (${from})`);
  return {
    take: async () => {
      const seen = new Map<string, { client: NonNullable<ReturnType<typeof parseAddress>>; clientPort: number; serverPort: number; clientIss: number }>();
      for (const { source, destination, seq, flags } of await recorded.take()) {
        const [address, clientPort] = [source.slice(0, source.lastIndexOf(':')), Number(source.slice(source.lastIndexOf(':') + 1))];
        const serverPort = Number(destination.slice(destination.lastIndexOf(':') + 1));
        if (flags === SYN) seen.set(`${source} ${seq}`, { client: parseAddress(address)!, clientPort, serverPort, clientIss: seq });
      }
      return [...seen.values()];
    },
  };
}
