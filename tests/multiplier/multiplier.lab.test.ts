// A multiplier that multiplies, on real kernels: every copy is counted by the server that got it.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ADDRESS, CLIENT_ADDRESSES, type Host, Lab, waitUntil } from '@parallax/lab';
import { describeForecast } from '@parallax/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lastStats, PROGRAM, startPair } from '../scenario/support.ts';

const script = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));
type Figures = { accepted: number; open: number; most: number; lines: number; broken: number; different: number; least: number; times: number };

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxm-${process.pid}`, removeOnExit: true });
  await lab.mustExec('target', ['ip', 'route', 'replace', '10.95.0.0/24', 'via', ADDRESS.assistant]);
});
afterAll(async () => lab?.down());

async function serve(host: Host, port: number) {
  const child = lab.spawn(host, [process.execPath, script('counting-server.mjs'), String(port)]);
  let last: Figures | null = null;
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line.startsWith('{')) last = JSON.parse(line) as Figures;
  });
  await waitUntil(() => last !== null, { what: `${host}:${port} listens` });
  return { get: () => last!, stop: () => child.kill() };
}

/** Connections from addresses and ports that have said a line each, and stay until `end`. */
async function clients(ends: readonly [string, number][], port: number, prefix = 'line') {
  const job = JSON.stringify({ host: ADDRESS.online, port, ends, prefix });
  const child: ChildProcess = lab.spawn('client', [process.execPath, script('line-client.mjs'), job], { stdio: ['pipe', 'pipe', 'pipe'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  await waitUntil(() => lines.some((line) => line.startsWith('answered')), { what: `${ends.length} clients are answered`, timeoutMs: 20_000 });
  expect(lines).toEqual([`answered ${ends.length}`]);
  const gone = new Promise((resolve) => child.once('close', resolve));
  return {
    end: async () => {
      child.stdin!.end();
      await gone;
    },
  };
}

const five = (count: number): [string, number][] => Array.from({ length: count }, (_, index) => [CLIENT_ADDRESSES[index % 5]!, 0]);
const settled = (get: () => Figures, lines: number) => waitUntil(() => get().lines >= lines, { what: `${lines} lines`, timeoutMs: 30_000 }).catch(() => {});

test('500 connections × 20 with 4 addresses in a pool: 10,000 copies, no pair twice, every line twenty times', async () => {
  const [online, target] = [await serve('online', 8000), await serve('target', 8000)];
  const pair = await startPair(lab, [
    '-x',
    `8000-${ADDRESS.target}:8000`,
    '-n',
    '20',
    '--pool',
    '10.95.0.1,10.95.0.2,10.95.0.3,10.95.0.4',
    '--ports',
    '20000-21199',
    '--stats',
  ]);
  const load = await clients(five(500), 8000);
  await settled(target.get, 10_000);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(target.get()).toMatchObject({ accepted: 10_000, lines: 10_000, different: 500, least: 20, times: 20, broken: 0 });
  expect(lastStats(pair.online)?.ledger.copies.noPortFree).toBe(0);
  await load.end();
  expect(await pair.stop()).toEqual([0, 0]);
  online.stop();
  target.stop();
});

test('without the pool the shortfall is as forecast, and is in the ledger', async () => {
  const [online, target] = [await serve('online', 8001), await serve('target', 8001)];
  const args = ['-x', `8001-${ADDRESS.target}:8001`, '-n', '20', '--ports', '20000-21199'];
  const before = await clients(five(500), 8001, 'before');
  const forecast = await lab.mustExec('online', [process.execPath, PROGRAM, 'online', ...args, '-s', ADDRESS.assistant, '--forecast']);
  await before.end();
  const possible = Number(/ports suffice for ([\d\u202f]+) /.exec(forecast)?.[1]?.replaceAll('\u202f', ''));
  expect(forecast).toMatch(/500 connections open now.*10\u202f000 copies wanted, .*needs 3 more addresses/);
  const pair = await startPair(lab, [...args, '--stats', '--mid-stream', 'skip']);
  const load = await clients(five(500), 8001);
  await settled(target.get, possible * 0.98);
  await new Promise((resolve) => setTimeout(resolve, 7000));
  const stats = lastStats(pair.online)!;
  const missing = stats.ledger.copies.noPortFree;
  console.log(`forecast ${possible}, made ${target.get().accepted}, noPortFree ${missing}; live: ${stats.forecast ? describeForecast(stats.forecast) : ''}`);
  expect(Math.abs(10_000 - possible - missing)).toBeLessThanOrEqual(200);
  expect(target.get().accepted).toBe(10_000 - missing);
  await load.end();
  expect(await pair.stop()).toEqual([0, 0]);
  online.stop();
  target.stop();
});

test('client ports that differ by 32, 64 and 512 at ×3: every line comes three times', async () => {
  const [online, target] = [await serve('online', 8002), await serve('target', 8002)];
  const pair = await startPair(lab, ['-x', `8002-${ADDRESS.target}:8002`, '-n', '3']);
  const load = await clients(
    [4000, 4032, 4064, 4512].flatMap(
      (port) =>
        [
          [CLIENT_ADDRESSES[0]!, port],
          [CLIENT_ADDRESSES[1]!, port],
        ] as [string, number][],
    ),
    8002,
  );
  await settled(target.get, 24);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(target.get()).toMatchObject({ accepted: 24, lines: 24, different: 8, least: 3, times: 3, broken: 0 });
  await load.end();
  expect(await pair.stop()).toEqual([0, 0]);
  online.stop();
  target.stop();
});

test('one port to three targets with ×1, ×0.5 and ×4, from one capture', async () => {
  const online = await serve('online', 8003);
  const targets = [await serve('target', 8003), await serve('target', 8004), await serve('target', 8005)];
  const to = (port: number, settings: string) => `8003-${ADDRESS.target}:${port}${settings}`;
  const pair = await startPair(lab, ['-x', [to(8003, ''), to(8004, '/n=0.5'), to(8005, '/n=4')].join(','), '--stats']);
  const load = await clients(five(400), 8003);
  await settled(targets[2]!.get, 1600);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const counts = targets.map(({ get }) => get().accepted);
  console.log(`targets took ${counts.join(', ')}`);
  expect([counts[0], counts[2]]).toEqual([400, 1600]);
  expect(Math.abs(counts[1]! - 200)).toBeLessThanOrEqual(40); // four standard deviations of 400 draws
  expect(targets.map(({ get }) => get().broken)).toEqual([0, 0, 0]);
  await load.end();
  expect(await pair.stop()).toEqual([0, 0]);
  for (const each of [online, ...targets]) each.stop();
});
