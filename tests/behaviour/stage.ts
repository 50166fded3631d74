// What the behaviour tests share: a lab, a stream server on both sides that hashes what it gets, both agents, and clients step by step.
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ADDRESS, type Host, Lab, waitUntil } from '@parallax/lab';
import type { Ledger } from '@parallax/protocol';
import { lastStats, type Pair, startPair } from '../scenario/support.ts';

export const PORT = 7000;
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export interface StreamServer {
  /** One line for each finished connection: peer, bytes, hash. */
  readonly streams: string[];
  /** pause: read nothing from now on; resume. */
  say(word: 'pause' | 'resume'): void;
  stop(): Promise<void>;
}

export interface ServerOptions {
  port?: number;
  /** Wait before each answer. */
  delayMs?: number;
  /** Of every answer; by default it depends on the request's length, see `answerBytesOf`. */
  answerBytes?: number;
  /** After so long a silence the kernel probes the client. */
  keepAliveMs?: number;
  /** Read one chunk in so many ms. */
  readEveryMs?: number;
  /** Close after so many answers. */
  closesAfter?: number;
}

/** What the stream server answers to a frame of so many bytes. */
export const answerBytesOf = (requestBytes: number): number => 1 + (requestBytes % 7000);

export async function serve(lab: Lab, host: Host, options: ServerOptions = {}): Promise<StreamServer> {
  const { port = PORT, delayMs = 0, ...rest } = options;
  const argv = [process.execPath, file('../delivery/stream-server.mjs'), String(port), String(delayMs), JSON.stringify(rest)];
  const child = lab.spawn(host, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const streams: string[] = [];
  let isListening = false;
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line === 'listening') isListening = true;
    else streams.push(line);
  });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await waitUntil(() => isListening, { what: `the stream server on ${host} listens` });
  return {
    streams,
    say: (word) => child.stdin?.write(`${word}\n`),
    stop: async () => {
      child.kill();
      await gone;
    },
  };
}

export type Step = ['connect'] | ['send', number] | ['receive', number] | ['sleep', number] | ['pause'] | ['shutdown'] | ['reset'] | ['end'] | ['close'];

export interface TalkOptions {
  host?: string;
  port?: number;
  localAddress?: string;
  localPort?: number;
  /** 262: MPTCP. */
  protocol?: number;
  /** [level, name, value] of setsockopt(2). */
  options?: [number, number, number][];
}

const clientOf = (steps: Step[], options: TalkOptions = {}): string[] => {
  const job = { host: ADDRESS.online, port: PORT, ...options, steps: [['connect'], ...steps] };
  return [process.execPath, file('./kernel-client.mjs'), JSON.stringify(job)];
};

/** Run a client through its steps, after connecting; resolves with its port. */
export async function talk(lab: Lab, steps: Step[], options?: TalkOptions): Promise<number> {
  return Number.parseInt(await lab.mustExec('client', clientOf(steps, options), { timeoutMs: 60_000 }), 10);
}

/** A client that has gone through its first steps and waits; `goOn` lets it go through the others. */
export async function talkAndPause(lab: Lab, first: Step[], others: Step[]): Promise<{ goOn(): Promise<void> }> {
  const child = lab.spawn('client', clientOf([...first, ['pause'], ...others]), { stdio: ['pipe', 'pipe', 'inherit'] });
  let words = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    words += chunk.toString();
  });
  const gone = new Promise<void>((resolve, reject) =>
    child.once('close', () => (words.endsWith('done\n') ? resolve() : reject(new Error(`the client ended before its last step: ${words}`)))),
  );
  gone.catch(() => {}); // whoever goes on hears of it
  await Promise.race([waitUntil(() => words.includes('paused'), { what: 'the client is through its first steps' }), gone]);
  return {
    goOn: () => {
      child.stdin!.write('\n');
      return gone;
    },
  };
}

/** A whole session: each request is answered before the next, then close. */
export const requests = (...lengths: number[]): Step[] => [
  ...lengths.flatMap((bytes): Step[] => [
    ['send', bytes],
    ['receive', answerBytesOf(bytes)],
  ]),
  ['close'],
];

/** Both servers and both agents. */
export interface Stage {
  lab: Lab;
  online: StreamServer;
  target: StreamServer;
  pair: Pair;
  /** How many copies are in each bucket of the ledger, by the latest line of figures. */
  endings(): Ledger['copies'];
  /** Wait until the target has had as many connections as the online server, and hand over what is new of both. */
  streams(timeoutMs?: number): Promise<[string[], string[]]>;
  down(): Promise<void>;
}

export interface StageOptions {
  online?: ServerOptions;
  target?: ServerOptions;
  /** Before the servers listen. */
  prepare?: (lab: Lab) => Promise<void>;
}

export async function setStage(name: string, args: readonly string[] = [], options: StageOptions = {}): Promise<Stage> {
  const lab = await Lab.up({ prefix: `plx${name}-${process.pid}`, removeOnExit: true });
  await options.prepare?.(lab);
  const [online, target] = await Promise.all([serve(lab, 'online', options.online), serve(lab, 'target', options.target)]);
  const pair = await startPair(lab, ['-x', `${PORT}-${ADDRESS.target}:${PORT}`, '--stats', ...args]);
  const stage: Stage = {
    lab,
    online,
    target,
    pair,
    endings: () => lastStats(pair.online)!.ledger.copies,
    streams: async (timeoutMs = 10_000) => {
      const hasAll = () => stage.online.streams.length > 0 && stage.target.streams.length >= stage.online.streams.length;
      await waitUntil(hasAll, { what: 'every copy has ended', timeoutMs }).catch(() => {});
      return [stage.online.streams.splice(0).sort(), stage.target.streams.splice(0).sort()];
    },
    down: async () => {
      const codes = await pair.stop();
      await lab.down();
      if (codes.some((code) => code !== 0)) throw new Error(`the agents ended with ${codes}: ${pair.online.log.slice(-5).join('\n')}`);
    },
  };
  return stage;
}

/** Set a kernel setting of one host, as "net.ipv4.tcp_timestamps". */
export async function sysctl(lab: Lab, host: Host, key: string, value: string | number): Promise<void> {
  await lab.mustExec(host, ['sh', '-c', `echo '${value}' > /proc/sys/${key.replaceAll('.', '/')}`]);
}
