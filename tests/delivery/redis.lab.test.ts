// Every request that the online server executes is executed by the target too: Redis under load, counted at both servers, offloads off and on.
import { ADDRESS, Lab, type Redis, startRedis } from '@parallax/lab';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Pair, startPair } from '../scenario/support.ts';
import { accountOf, countCommands, watchClient } from './support.ts';

let lab: Lab;
let online: Redis;
let target: Redis;
let pair: Pair;

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxd-${process.pid}`, removeOnExit: true });
  [online, target] = await Promise.all([startRedis(lab, 'online'), startRedis(lab, 'target')]);
});
afterAll(async () => lab?.down());

const MIRROR = ['-x', `6379-${ADDRESS.target}:6379`, '--stats'];
const benchmark = (...args: string[]) => lab.mustExec('client', ['redis-benchmark', '-h', ADDRESS.online, '-q', ...args], { timeoutMs: 100_000 });

describe.each(['off', 'on'] as const)('offloads %s', (offload) => {
  let atClient: Awaited<ReturnType<typeof watchClient>>;
  beforeAll(async () => {
    await lab.offload(offload);
    pair = await startPair(lab, MIRROR);
    atClient = await watchClient(lab);
  });
  afterAll(async () => {
    const codes = await pair.stop();
    expect(await atClient.end(), 'nothing of the target reaches a client').toEqual([]);
    expect(codes, 'exit codes').toEqual([0, 0]);
  });

  test.each([
    ['50 connections', ['-c', '50', '-n', '30000', '-t', 'set,get']],
    ['pipeline of 16', ['-c', '50', '-n', '150000', '-P', '16', '-t', 'set,get']],
    ['values of 4 KiB', ['-c', '20', '-n', '10000', '-d', '4096', '-t', 'set,get']],
    ['values of 64 KiB', ['-c', '10', '-n', '600', '-d', '65536', '-t', 'set,get']],
  ])('%s: 100 %', async (_, args) => {
    const counted = await countCommands(online, target, () => benchmark(...args));
    expect(counted.online).toBeGreaterThan(0);
    expect(counted.target, accountOf(pair.online)).toBe(counted.online);
  });

  test('short connections at full speed: 99.9 % at least', async () => {
    const counted = await countCommands(online, target, () => benchmark('-c', '50', '-n', '8000', '-k', '0', '-t', 'set'));
    expect(counted.online).toBeGreaterThan(0);
    expect(counted.target / counted.online, accountOf(pair.online)).toBeGreaterThanOrEqual(0.999);
    expect(counted.target).toBeLessThanOrEqual(counted.online);
  });
});

test('multiplier 3: three times as many', async () => {
  pair = await startPair(lab, [...MIRROR, '-n', '3']);
  const counted = await countCommands(online, target, () => benchmark('-c', '50', '-n', '10000', '-t', 'set,get'), 3);
  expect(counted.target, accountOf(pair.online)).toBe(counted.online * 3);
  expect(await pair.stop()).toEqual([0, 0]);
});
