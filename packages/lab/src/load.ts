// A steady, bounded load on the online server from several client addresses, as a demonstration or a test needs it.
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Lab } from './lab.ts';
import { loadMain } from './load-client.ts';
import { ADDRESS, ADDRESS6, CLIENT_ADDRESSES, CLIENT_ADDRESSES6, type Host, LabError } from './names.ts';
import { REDIS_PORT } from './redis.ts';

const Options = z.object({
  clients: z.int().min(1).max(200).default(4),
  ratePerSecond: z.number().min(0.1).max(20_000).default(100),
  seconds: z.number().min(0.1).max(86_400).default(10),
  port: z.int().min(1).max(65_535).default(REDIS_PORT),
  family: z.union([z.literal(4), z.literal(6)]).default(4),
  requestsPerConnection: z.int().min(0).default(0),
});
/**
 * clients: connections, spread over 10.90.0.10-19 (default 4). ratePerSecond: requests of all of them together (100).
 * seconds: after which it ends by itself (10). port: on the online host (6379). family: 4 or 6.
 * requestsPerConnection: reconnect after so many; 0 (default) keeps each connection.
 */
export type LoadOptions = z.input<typeof Options>;
const Result = z.object({
  sent: z.int(),
  answered: z.int(),
  /** Error replies, and requests whose connection broke. */
  failed: z.int(),
  /** Requests not sent on time because a connection was closed or 64 answers behind: the load never queues without bound. */
  skipped: z.int(),
  connections: z.int(),
  /** The middle and the 99th percentile of the last 10,000 answers, as the client saw them. */
  medianMs: z.number(),
  p99Ms: z.number(),
});
export type LoadResult = z.infer<typeof Result>;
export type LoadRun = {
  pid: number;
  /** Updated twice a second. */
  readonly latest: LoadResult;
  /** Resolves when the load ended, by its time or by `stop`; rejects if its process failed. */
  done: Promise<LoadResult>;
  /** End it early and wait for the figures. */
  stop(): Promise<LoadResult>;
};

/** What the load's process needs to know. */
export type LoadJob = { server: string; port: number; localAddresses: string[]; ratePerSecond: number; seconds: number; requestsPerConnection: number };

/** GET, SET and INCR (6:3:1) against `host` at a fixed rate over real sockets. Ends by itself, with this process, and in `lab.down()`. */
export function startLoad(lab: Lab, options: LoadOptions = {}, host: Host = 'online'): LoadRun {
  const parsed = Options.safeParse(options);
  if (!parsed.success) throw new LabError(`the load cannot run like this: ${z.prettifyError(parsed.error)}`);
  const { clients, family, ...rest } = parsed.data;
  const addresses = family === 4 ? CLIENT_ADDRESSES : CLIENT_ADDRESSES6;
  const localAddresses = Array.from({ length: clients }, (_, index) => addresses[index % addresses.length] as string);
  const { port, ratePerSecond, seconds, requestsPerConnection } = rest;
  const job: LoadJob = { server: (family === 4 ? ADDRESS : ADDRESS6)[host], port, localAddresses, ratePerSecond, seconds, requestsPerConnection };
  // The program travels as text, so that it also runs from a bundle, where no file of it exists. Bundlers that keep names wrap functions
  // in __name; one that minifies as well renames that too, and is not supported.
  const program = `const __name = (value) => value; (${loadMain.toString()})(${JSON.stringify(job)})`;
  const child = lab.spawn('client', [process.execPath, '-e', program], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin?.on('error', () => {}); // it ended first
  let latest: LoadResult = { sent: 0, answered: 0, failed: 0, skipped: 0, connections: 0, medianMs: 0, p99Ms: 0 };
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2_000);
  });
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => (latest = Result.parse(JSON.parse(line))));
  const done = new Promise<LoadResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(latest);
      else reject(new LabError(`the load ended with ${signal ?? `code ${code}`}: ${complaint.trim() || 'no message'}`));
    });
  });
  done.catch(() => {}); // a caller that only starts it need not listen
  const stop = () => {
    child.stdin?.end(); // its sign to end
    return done;
  };
  return {
    pid: child.pid ?? -1,
    get latest() {
      return latest;
    },
    done,
    stop,
  };
}
