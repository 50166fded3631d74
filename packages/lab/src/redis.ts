// Real Redis servers on the lab's hosts, and their counters read over a unix socket: a local TCP probe would be mirrored and counted too.
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './lab.ts';
import { type Host, LabError } from './names.ts';
import { redisCommand } from './redis-client.ts';
import { requireTool } from './tools.ts';
import { waitUntil } from './wait.ts';

export const REDIS_PORT = 6379;
const SOCKET_PATH_LIMIT_BYTES = 107; // sun_path in unix(7), less its ending zero

export type RedisOptions = {
  /** TCP port on every IPv4 and IPv6 address of the host. Default 6379. */
  port?: number;
  /** Default: in the lab's directory, where `redisSocketPath` finds it from any process. */
  unixSocket?: string;
  /** Working directory of the server. Default: one in the lab's directory, emptied first. */
  dir?: string;
  /** Further words for its command line: ['--io-threads', '2']. */
  args?: readonly string[];
};
export type Redis = {
  host: Host;
  port: number;
  unixSocket: string;
  process: ChildProcess;
  /** One command over the unix socket. */
  command(...words: string[]): ReturnType<typeof redisCommand>;
  info(section?: string): Promise<RedisInfo>;
  /** End the server and wait until it ended. `lab.down()` does it too. */
  stop(): Promise<void>;
};
/** INFO as one flat record; what looks like a number is one: `total_commands_processed`, `connected_clients`. */
export type RedisInfo = Record<string, string | number>;

/** Where the lab's Redis of this host and port listens for local questions. */
export const redisSocketPath = (lab: Lab, host: Host, port = REDIS_PORT): string => join(lab.dir, `redis-${host}-${port}.sock`);

/** Start a real redis-server on a host, in memory only, open to everybody in the lab. Resolves when it answers (20 s at most). */
export async function startRedis(lab: Lab, host: Host, options: RedisOptions = {}): Promise<Redis> {
  requireTool('redis-server');
  const { port = REDIS_PORT, unixSocket = redisSocketPath(lab, host, port), dir = join(lab.dir, `redis-${host}-${port}`), args = [] } = options;
  if (Buffer.byteLength(unixSocket) > SOCKET_PATH_LIMIT_BYTES)
    throw new LabError(`the socket path ${unixSocket} is longer than ${SOCKET_PATH_LIMIT_BYTES} bytes`);
  mkdirSync(dir, { recursive: true });
  rmSync(unixSocket, { force: true });
  const settings: string[] = ['--port', `${port}`, '--unixsocket', unixSocket, '--unixsocketperm', '700', '--dir', dir];
  settings.push('--bind', '0.0.0.0', '-::*', '--protected-mode', 'no', '--save', '', '--appendonly', 'no', '--daemonize', 'no');
  const server = lab.spawn(host, ['redis-server', ...settings, ...args]);
  let lastWords = '';
  let hasEnded = false;
  const keep = (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2_000);
  };
  server.stdout?.on('data', keep);
  server.stderr?.on('data', keep);
  const ended = new Promise<void>((resolve) => {
    server.once('error', (cause) => keep(Buffer.from(cause.message)));
    server.once('close', () => {
      hasEnded = true;
      resolve();
    });
  });
  const redis: Redis = {
    host,
    port,
    unixSocket,
    process: server,
    command: (...words) => redisCommand(unixSocket, words),
    info: (section) => redisInfo(unixSocket, section),
    stop: async () => {
      server.kill('SIGTERM');
      await ended;
    },
  };
  try {
    await waitUntil(async () => hasEnded || (await redisCommand(unixSocket, ['PING'], 1_000)) === 'PONG', { what: `redis on ${host}:${port} answers PING` });
    if (hasEnded) throw new LabError('it ended at once');
  } catch (cause) {
    server.kill('SIGKILL');
    throw new LabError(`redis-server did not start on ${host}:${port}: ${(cause as Error).message}; its last words: ${lastWords.trim() || 'none'}`, { cause });
  }
  return redis;
}

/** The server's counters. `section`: any of INFO's, default all of them, command statistics included. */
export async function redisInfo(unixSocket: string, section = 'all'): Promise<RedisInfo> {
  return parseInfo(String(await redisCommand(unixSocket, ['INFO', section])));
}

/** INFO's text as a record; headings and empty lines are dropped. */
export function parseInfo(text: string): RedisInfo {
  const info: RedisInfo = {};
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0 || line.startsWith('#')) continue;
    const value = line.slice(colon + 1);
    info[line.slice(0, colon)] = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  }
  return info;
}

/** How often each command was called since the start or CONFIG RESETSTAT, by lower-case name: { get: 12, set: 3 }. */
export function redisCalls(info: RedisInfo): Record<string, number> {
  const calls: Record<string, number> = {};
  for (const [key, value] of Object.entries(info)) {
    const count = /^calls=(\d+)/.exec(String(value))?.[1];
    if (key.startsWith('cmdstat_') && count !== undefined) calls[key.slice('cmdstat_'.length)] = Number(count);
  }
  return calls;
}
