// Servers of known service time on both sides, a paced client, and what Parallax says beside what the servers logged.
import { type ChildProcess, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADDRESS, type Lab, type Running, startParallax, waitUntil } from '@parallax/lab';
import type { Histogram } from '@parallax/latency';
import { makeKey, type Pair, PROGRAM } from '../scenario/support.ts';
import { type KindTotal, toldOf } from './latencies.ts';

const KIND = 'GET /timed';
export const ONLINE_DELAY_US = 1000;
export const TARGET_DELAYS_US = [0, 1000, 5000, 50_000, 500_000];
const FIRST_PORT = 8001;
const portOf = (targetDelayUs: number): number => FIRST_PORT + TARGET_DELAYS_US.indexOf(targetDelayUs);
const mappingOf = (port: number): string => `${port}-${ADDRESS.target}:${port}`;

export interface Point {
  targetDelayUs: number;
  ratePerSecond: number;
  seconds: number;
  /** Between the first and the last byte of an answer; 0: both in one segment. */
  tailUs: number;
}

/** What a server logged and what Parallax said, µs. */
export interface Compared {
  logged: number;
  said: number;
}
export interface Row {
  side: 'online' | 'target';
  byte: 'first' | 'last';
  p50: Compared;
  p99: Compared;
}
export interface Figures {
  point: Point;
  /** Requests/s that the client reached, requests that it made, and those that both servers logged. */
  reached: number;
  asked: number;
  logged: Record<Row['side'], number>;
  /** Exchanges that were timed. */
  timed: Record<Row['side'], number>;
  /** p50 of the time from the kernel's receipt to the server's reading, which is in neither of the others, µs. */
  wakeUs: Record<Row['side'], number>;
  rows: Row[];
}

/** Both programs, compiled into the lab's folder. */
export function buildPrograms(lab: Lab): void {
  for (const name of ['timed-server', 'paced-client']) {
    execFileSync('g++', ['-O2', '-o', join(lab.dir, name), fileURLToPath(new URL(`./${name}.cpp`, import.meta.url))]);
  }
}

/** Both agents with a mapping for each delay; `clocks`: what is wrong with an agent's clock, µs, or µs@SIGUSR2 if it is set when its packet path gets that. */
export async function startMeasuring(lab: Lab, clocks: { online?: string; assistant?: string } = {}): Promise<Pair> {
  const key = makeKey(lab);
  const envOf = (shift: string | undefined): Record<string, string> => (shift === undefined ? {} : { PARALLAX_TEST_CLOCK_SHIFT_US: shift });
  const mappings = TARGET_DELAYS_US.map((delayUs) => mappingOf(portOf(delayUs))).join(',');
  const options = ['online', '-s', ADDRESS.assistant, '-i', 'eth0', '--key-file', key, '-x', mappings, '--adapter', 'http1', '--latency'];
  const [assistant, online] = await Promise.all([
    startParallax(lab, 'assistant', PROGRAM, ['assistant', '-i', 'eth0', '--key-file', key], envOf(clocks.assistant)),
    startParallax(lab, 'online', PROGRAM, options, envOf(clocks.online)),
  ]);
  return { assistant, online, stop: async () => [await online.stop(), await assistant.stop()] };
}

interface Log {
  read: number[];
  first: number[];
  last: number[];
}

async function startServer(lab: Lab, host: 'online' | 'target', port: number, delayUs: number, tailUs: number): Promise<{ stop(): Promise<Log> }> {
  const child: ChildProcess = lab.spawn(host, [join(lab.dir, 'timed-server'), `${port}:${delayUs}:${tailUs}`]);
  let words = '';
  const chunks: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => {
    words += chunk.toString();
  });
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const gone = new Promise((resolve) => child.once('close', resolve));
  await waitUntil(() => words.includes('listening'), { what: `the timed server on ${host} listens` });
  return {
    stop: async () => {
      child.kill('SIGTERM');
      await gone;
      const log: Log = { read: [], first: [], last: [] };
      for (const line of Buffer.concat(chunks).toString().split('\n').filter(Boolean)) {
        const [, read, first, last] = line.split(' ').map((ns) => Number(ns) / 1000) as [number, number, number, number];
        log.read.push(read);
        log.first.push(first);
        log.last.push(last);
      }
      return log;
    },
  };
}

/** By nearest rank, as histograms do it. */
function percentileOf(values: readonly number[], percent: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}

function rowOf(side: Row['side'], byte: Row['byte'], logged: readonly number[], said: Histogram): Row {
  const compare = (percent: number): Compared => ({ logged: percentileOf(logged, percent), said: said.percentileUs(percent) ?? Number.NaN });
  return { side, byte, p50: compare(50), p99: compare(99) };
}

export async function measure(lab: Lab, agent: Running, point: Point): Promise<Figures> {
  const { targetDelayUs, ratePerSecond, seconds, tailUs } = point;
  const port = portOf(targetDelayUs);
  const servers = await Promise.all([startServer(lab, 'online', port, ONLINE_DELAY_US, tailUs), startServer(lab, 'target', port, targetDelayUs, tailUs)]);
  const busySeconds = (Math.max(targetDelayUs, ONLINE_DELAY_US) + tailUs) / 1e6 + 0.05;
  const connections = Math.max(2, Math.ceil(ratePerSecond * busySeconds * 1.2));
  const fromLine = agent.lines.length;
  const job = [ADDRESS.online, port, ratePerSecond, connections, ratePerSecond * seconds].map(String);
  const [, asked, , took] = (await lab.mustExec('client', [join(lab.dir, 'paced-client'), ...job], { timeoutMs: 120_000 })).split(' ').map(Number);
  const kinds = await toldOf(agent, asked!, mappingOf(port), fromLine);
  const [online, target] = (await Promise.all(servers.map((server) => server.stop()))) as [Log, Log];
  const total = kinds.get(KIND) as KindTotal;
  if (total === undefined) throw new Error(`no exchange of ${KIND} was told of; ${agent.log.slice(-3).join('\n')}`);
  return {
    point,
    reached: asked! / took!,
    asked: asked!,
    logged: { online: online.first.length, target: target.first.length },
    timed: { online: total.online.firstByte.count, target: total.target.firstByte.count },
    wakeUs: { online: percentileOf(online.read, 50), target: percentileOf(target.read, 50) },
    rows: [
      rowOf('online', 'first', online.first, total.online.firstByte),
      rowOf('online', 'last', online.last, total.online.lastByte),
      rowOf('target', 'first', target.first, total.target.firstByte),
      rowOf('target', 'last', target.last, total.target.lastByte),
    ],
  };
}

/** How far p50 and p99 may be from what the server logged, µs. */
const allowed = { p50: (logged: number) => 100 + 0.01 * logged, p99: (logged: number) => 500 + 0.02 * logged };

/** What is further off than that, in words. */
export function deviations({ rows }: Figures): string[] {
  return rows.flatMap(({ side, byte, ...figures }) =>
    (['p50', 'p99'] as const)
      .filter((percentile) => !(Math.abs(figures[percentile].said - figures[percentile].logged) <= allowed[percentile](figures[percentile].logged)))
      .map((percentile) => `${side} ${byte} byte ${percentile}: said ${figures[percentile].said}, logged ${figures[percentile].logged} µs`),
  );
}

const inMs = (us: number): string => (us / 1000).toFixed(3);
/** A row of the table in docs/latency.md for each side and byte. */
export const tableRows = ({ point, reached, logged, timed, rows }: Figures): string[] =>
  rows.map(({ side, byte, p50, p99 }) => {
    const cells = [inMs(p50.logged), inMs(p50.said), inMs(p99.logged), inMs(p99.said)];
    const where = [point.targetDelayUs / 1000, Math.round(reached), side, byte, `${timed[side]} of ${logged[side]}`];
    return `| ${[...where, ...cells].join(' | ')} |`;
  });
