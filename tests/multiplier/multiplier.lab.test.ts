// A multiplier that multiplies, on real kernels: every copy is counted by the server that got it.
import { copiesOf } from '@parallax/engine';
import { ADDRESS, CLIENT_ADDRESSES, Lab, waitUntil } from '@parallax/lab';
import { describeForecast } from '@parallax/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lastStats, nextStats, PROGRAM, startPair } from '../scenario/support.ts';
import { clients, type End, five, quiet, recordOpened, serve, settled } from './support.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxm-${process.pid}`, removeOnExit: true });
  await lab.mustExec('target', ['ip', 'route', 'replace', '10.95.0.0/24', 'via', ADDRESS.assistant]);
});
afterAll(async () => lab?.down());

test('500 connections × 20 with 4 addresses in a pool: 10,000 copies, no pair twice, every line twenty times', async () => {
  const [online, target] = [await serve(lab, 'online', 8000), await serve(lab, 'target', 8000)];
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
  const load = await clients(lab, five(500), 8000);
  await settled(target, 10_000);
  await quiet(target);
  expect(target.get()).toMatchObject({ accepted: 10_000, lines: 10_000, different: 500, least: 20, times: 20, broken: 0 });
  expect(lastStats(pair.online)?.ledger.copies.noPortFree).toBe(0);
  await load.end();
  expect(await pair.stop()).toEqual([0, 0]);
  online.stop();
  target.stop();
});

test('without the pool the shortfall is as forecast, and is in the ledger', async () => {
  const [online, target] = [await serve(lab, 'online', 8001), await serve(lab, 'target', 8001)];
  const args = ['-x', `8001-${ADDRESS.target}:8001`, '-n', '20', '--ports', '20000-21199'];
  const before = await clients(lab, five(500), 8001, { prefix: 'before' });
  const forecast = await lab.mustExec('online', [process.execPath, PROGRAM, 'online', ...args, '-s', ADDRESS.assistant, '--forecast']);
  await before.end();
  const possible = Number(/ports suffice for ([\d\u202f]+) /.exec(forecast)?.[1]?.replaceAll('\u202f', ''));
  expect(forecast).toMatch(/500 connections open now.*10\u202f000 copies wanted, .*needs 3 more addresses/);
  const pair = await startPair(lab, [...args, '--stats', '--mid-stream', 'skip']);
  const load = await clients(lab, five(500), 8001);
  await settled(target, possible * 0.98);
  const isKnown = async () => target.get().accepted + (await nextStats(pair.online)).ledger.copies.noPortFree >= 10_000;
  await waitUntil(isKnown, { what: 'every copy was made, or is counted as missing' });
  await quiet(target);
  const stats = await nextStats(pair.online);
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
  const [online, target] = [await serve(lab, 'online', 8002), await serve(lab, 'target', 8002)];
  const pair = await startPair(lab, ['-x', `8002-${ADDRESS.target}:8002`, '-n', '3']);
  const load = await clients(
    lab,
    [4000, 4032, 4064, 4512].flatMap(
      (port) =>
        [
          [CLIENT_ADDRESSES[0]!, port],
          [CLIENT_ADDRESSES[1]!, port],
        ] as End[],
    ),
    8002,
  );
  await settled(target, 24);
  await quiet(target);
  expect(target.get()).toMatchObject({ accepted: 24, lines: 24, different: 8, least: 3, times: 3, broken: 0 });
  await load.end();
  expect(await pair.stop()).toEqual([0, 0]);
  online.stop();
  target.stop();
});

test('one port to three targets with ×1, ×0.5 and ×4, from one capture', async () => {
  const online = await serve(lab, 'online', 8003);
  const targets = [await serve(lab, 'target', 8003), await serve(lab, 'target', 8004), await serve(lab, 'target', 8005)];
  const to = (port: number, settings: string) => `8003-${ADDRESS.target}:${port}${settings}`;
  const pair = await startPair(lab, ['-x', [to(8003, ''), to(8004, '/n=0.5'), to(8005, '/n=4')].join(','), '--stats']);
  const opened = await recordOpened(lab, [8003]);
  const load = await clients(lab, five(400), 8003);
  await settled(targets[2]!, 1600);
  for (const target of targets) await quiet(target);
  const counts = targets.map(({ get }) => get().accepted);
  const sessions = await opened.take();
  const halved = sessions.reduce((sum, session) => sum + copiesOf(0.5, session), 0);
  console.log(`targets took ${counts.join(', ')}; of ${sessions.length} sessions the draw leaves ${halved} to ×0.5`);
  expect(sessions.length).toBe(400);
  expect(counts).toEqual([400, halved, 1600]);
  expect(Math.abs(halved - 200)).toBeLessThanOrEqual(50); // five standard deviations of 400 draws
  expect(targets.map(({ get }) => get().broken)).toEqual([0, 0, 0]);
  await load.end();
  expect(await pair.stop()).toEqual([0, 0]);
  for (const each of [online, ...targets]) each.stop();
});
