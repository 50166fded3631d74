// Every command a Redis server executes, in its order, with the peer it came from: what the tests compare between online and target.
import { createConnection } from 'node:net';
import type { Lab } from './lab.ts';
import { type Host, LabError } from './names.ts';
import { REDIS_PORT, redisSocketPath } from './redis.ts';
import { encodeCommand } from './redis-client.ts';
import { waitUntil } from './wait.ts';

const LINES_LIMIT = 200_000;

/** One command as the server saw it. `peer` is "10.90.0.10:40112", "[fd90::10]:40112" or "unix:/path". */
export type MonitorLine = { atMs: number; db: number; peer: string; words: string[] };
export type RedisMonitor = {
  /** In the server's order; at most 200,000, what comes after is counted in `dropped`. */
  readonly lines: MonitorLine[];
  readonly dropped: number;
  /** The first line that satisfies the claim, now or within `timeoutMs` (5 s). */
  waitFor(claim: (line: MonitorLine) => boolean, timeoutMs?: number): Promise<MonitorLine>;
  stop(): void;
};

/** Watch a Redis server of the lab over its unix socket. Resolves when the server has confirmed, so nothing after it is missed. */
export async function redisMonitor(lab: Lab, host: Host, options: { port?: number; unixSocket?: string } = {}): Promise<RedisMonitor> {
  const unixSocket = options.unixSocket ?? redisSocketPath(lab, host, options.port ?? REDIS_PORT);
  const lines: MonitorLine[] = [];
  let dropped = 0;
  let rest = '';
  let isConfirmed = false;
  let failure: Error | undefined;
  const socket = createConnection(unixSocket);
  socket.setEncoding('latin1').on('data', (text: unknown) => {
    const parts = (rest + String(text)).split('\r\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      if (part === '+OK') isConfirmed = true;
      const line = parseMonitorLine(part);
      if (line === undefined) continue;
      if (lines.length < LINES_LIMIT) lines.push(line);
      else dropped++;
    }
  });
  socket.on('error', (cause) => {
    failure = new LabError(`cannot watch redis at ${unixSocket}: ${cause.message}`, { cause });
  });
  socket.write(encodeCommand(['MONITOR']));
  await waitUntil(() => failure !== undefined || isConfirmed, { what: `redis on ${host} confirms MONITOR`, timeoutMs: 5_000 });
  if (failure !== undefined) throw failure;
  return {
    lines,
    get dropped() {
      return dropped;
    },
    waitFor: (claim, timeoutMs = 5_000) => waitUntil(() => lines.find(claim), { what: `redis on ${host} executes the expected command`, timeoutMs }),
    stop: () => socket.destroy(),
  };
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' };

/** `+1339518083.107412 [0 127.0.0.1:60866] "set" "k" "a\x00b"`; undefined for anything else. Bytes come out as latin1 characters. */
export function parseMonitorLine(line: string): MonitorLine | undefined {
  const match = /^\+(\d+\.\d+) \[(\d+) (.*?)\] (".*)$/.exec(line);
  if (match === null) return undefined;
  const [, seconds = '', db = '', peer = '', quoted = ''] = match;
  const words = [...quoted.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) =>
    word.replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex: string | undefined, char: string | undefined) =>
      hex !== undefined ? String.fromCharCode(Number.parseInt(hex, 16)) : (ESCAPES[char ?? ''] ?? char ?? ''),
    ),
  );
  return { atMs: Number(seconds) * 1_000, db: Number(db), peer, words };
}
