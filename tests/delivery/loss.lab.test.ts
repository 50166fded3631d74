// Packets are lost between the online server and the target, or on their way to the assistant: every request arrives all the same, once.
import { ADDRESS, Lab, type Redis, startRedis } from '@parallax/lab';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Pair, startPair } from '../scenario/support.ts';
import { accountOf, countCommands, watchClient } from './support.ts';

let lab: Lab;
let online: Redis;
let target: Redis;
let pair: Pair;
let atClient: Awaited<ReturnType<typeof watchClient>>;

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxl-${process.pid}`, removeOnExit: true });
  [online, target] = await Promise.all([startRedis(lab, 'online'), startRedis(lab, 'target')]);
  pair = await startPair(lab, ['-x', `6379-${ADDRESS.target}:6379`, '--stats']);
  atClient = await watchClient(lab);
});
afterEach(async () => lab.loss(0));
afterAll(async () => {
  const codes = await pair?.stop();
  const leaked = await atClient?.end();
  await lab?.down();
  expect(leaked, 'nothing of the target reaches a client').toEqual([]);
  expect(codes, 'exit codes').toEqual([0, 0]);
});

const LOST = [
  ['copies', 'in'],
  ['answers', 'out'],
  ['copies and answers', 'both'],
] as const;
const CASES = LOST.flatMap(([what, direction]) => ([1, 5] as const).map((percent) => [percent, what, direction] as const));

describe.each(['off', 'on'] as const)('offloads %s', (offload) => {
  beforeAll(async () => lab.offload(offload));

  test.each(CASES)('%i percent of the %s are lost, kept connections', async (percent, _, direction) => {
    await lab.loss(percent, direction);
    const counted = await countCommands(online, target, () =>
      lab.mustExec('client', ['redis-benchmark', '-h', ADDRESS.online, '-q', '-c', '50', '-n', '3000', '-d', '2000', '-t', 'set'], { timeoutMs: 60_000 }),
    );
    expect(counted.online).toBeGreaterThanOrEqual(3000);
    expect(counted.target, accountOf(pair.online)).toBe(counted.online);
  });
});

test.each(CASES)('%i percent of the %s are lost, short connections', async (percent, _, direction) => {
  await lab.loss(percent, direction);
  const counted = await countCommands(online, target, () =>
    lab.mustExec('client', ['redis-benchmark', '-h', ADDRESS.online, '-q', '-c', '20', '-n', '600', '-k', '0', '-t', 'set'], { timeoutMs: 60_000 }),
  );
  expect(counted.online).toBeGreaterThanOrEqual(600);
  expect(counted.target, accountOf(pair.online)).toBe(counted.online);
});
