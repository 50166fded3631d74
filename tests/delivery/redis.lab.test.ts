// Every request that the online server executes is executed by the target too: counted at the servers, under load, loss and failures.
import { ADDRESS, Lab, type Redis, startRedis, waitUntil } from '@parallax/lab';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { childPathOf, commandsOf, droppedBy, establishedOn, lastStats, type Pair, startPair } from '../scenario/support.ts';

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

/** Commands executed while `body` ran, and until the target has as many (times `copies`) or 30 s are over. */
async function countCommands(body: () => Promise<unknown>, copies = 1): Promise<{ online: number; target: number }> {
  const before = [await commandsOf(online), await commandsOf(target)];
  await body();
  const grown = async () => ({ online: (await commandsOf(online)) - before[0]! - 1, target: (await commandsOf(target)) - before[1]! - 1 });
  const polls = { count: 0 };
  await waitUntil(
    async () => {
      const now = await grown();
      polls.count++;
      return now.target - (polls.count - 1) >= (now.online - (polls.count - 1)) * copies;
    },
    { what: 'the target has executed as much', timeoutMs: 30_000, pollMs: 100 },
  ).catch(() => {});
  const now = await grown();
  return { online: now.online - polls.count, target: now.target - polls.count };
}

/** What the agent itself says became of everything. */
const account = (): string => `${droppedBy(pair.online)} packets lost by the capture; ${JSON.stringify(lastStats(pair.online)?.ledger)}`;

const benchmark = (...args: string[]) => lab.mustExec('client', ['redis-benchmark', '-h', ADDRESS.online, '-q', ...args], { timeoutMs: 100_000 });

describe('without loss', () => {
  beforeEach(async () => {
    pair = await startPair(lab, MIRROR);
  });
  afterEach(async () => {
    expect(await pair.stop()).toEqual([0, 0]);
  });

  test.each([
    ['50 connections', ['-c', '50', '-n', '40000', '-t', 'set,get']],
    ['pipeline of 16', ['-c', '50', '-n', '200000', '-P', '16', '-t', 'set,get']],
    ['short connections', ['-c', '50', '-n', '10000', '-k', '0', '-t', 'set']],
    ['values of 4 KiB', ['-c', '20', '-n', '10000', '-d', '4096', '-t', 'set,get']],
    ['values of 64 KiB', ['-c', '10', '-n', '600', '-d', '65536', '-t', 'set,get']],
    ['1000 connections', ['-c', '1000', '-n', '20000', '-t', 'set']],
  ])('%s', async (_, args) => {
    const counted = await countCommands(() => benchmark(...args));
    expect(counted.online).toBeGreaterThan(0);
    expect(counted.target, account()).toBe(counted.online);
  });
});

test('multiplier 3', async () => {
  pair = await startPair(lab, [...MIRROR, '-n', '3']);
  const counted = await countCommands(() => benchmark('-c', '50', '-n', '10000', '-t', 'set,get'), 3);
  expect(counted.target).toBe(counted.online * 3);
  expect(await pair.stop()).toEqual([0, 0]);
});

describe('with loss', () => {
  afterEach(async () => {
    await lab.loss(0);
    expect(await pair.stop()).toEqual([0, 0]);
  });

  test.each([
    [1, 'in'],
    [1, 'out'],
    [5, 'both'],
  ] as const)('%i percent of packets lost, %s the target', async (percent, direction) => {
    pair = await startPair(lab, MIRROR);
    await lab.loss(percent, direction);
    const counted = await countCommands(() => benchmark('-c', '50', '-n', '4000', '-t', 'set,get'));
    expect(counted.target, account()).toBe(counted.online);
  });

  test('5 percent on short connections', async () => {
    pair = await startPair(lab, MIRROR);
    await lab.loss(5, 'both');
    const counted = await countCommands(() => benchmark('-c', '20', '-n', '1000', '-k', '0', '-t', 'set'));
    expect(counted.target, account()).toBe(counted.online);
  });
});

describe('failures', () => {
  beforeEach(async () => {
    pair = await startPair(lab, MIRROR);
  });
  afterEach(async () => {
    expect(await pair.stop()).toEqual([0, 0]);
  });
  const soon = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  test('the assistant’s packet path is killed in the middle: it is visible, nothing is lost', async () => {
    const counted = await countCommands(async () => {
      const run = benchmark('-c', '50', '-n', '40000', '-t', 'set,get');
      await soon(700);
      process.kill(childPathOf(pair.assistant), 'SIGKILL');
      await waitUntil(() => pair.online.log.some((line) => /ECONNRESET|is not listening|closed the connection/.test(line)), {
        what: 'the online agent says that the relay is down',
      });
      await run;
    });
    expect(counted.target, account()).toBe(counted.online);
  });

  test('the relay is cut for 2 s: nothing is lost', async () => {
    const counted = await countCommands(async () => {
      const run = benchmark('-c', '50', '-n', '40000', '-t', 'set,get');
      await soon(500);
      await lab.link('assistant', 'down');
      await soon(2000);
      await lab.link('assistant', 'up');
      await run;
    });
    expect(counted.target, account()).toBe(counted.online);
  });

  test('the target’s server is stopped and started: what was lost is counted, copies resume', async () => {
    await target.stop();
    await benchmark('-c', '10', '-n', '1000', '-t', 'set');
    await waitUntil(() => (lastStats(pair.online)?.ledger.copies.refusedByTarget ?? 0) >= 10, { what: 'the refused copies are in the ledger' });
    target = await startRedis(lab, 'target');
    const counted = await countCommands(() => benchmark('-c', '10', '-n', '1000', '-t', 'set'));
    expect(counted.target, account()).toBe(counted.online);
  });
});

test('1000 open sessions are reset on the target when the agent stops, and their clients go on', async () => {
  pair = await startPair(lab, MIRROR);
  const script = `const net = require('node:net'); let open = 0;
    for (let i = 0; i < 1000; i++) { const s = net.connect({ host: '${ADDRESS.online}', port: 6379, localAddress: '10.90.0.' + (10 + i % 10) }, () => { s.write('PING\\r\\n'); }); s.once('data', () => { if (++open === 1000) console.log('open'); }); s.on('error', () => process.exit(1)); s.on('close', () => process.exit(1)); }
    setTimeout(() => process.exit(0), 60000);`;
  const client = lab.spawn('client', [process.execPath, '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let words = '';
  client.stdout?.on('data', (chunk: Buffer) => {
    words += chunk.toString();
  });
  await waitUntil(() => words.includes('open'), { what: 'all clients have an answer', timeoutMs: 20_000 });
  await waitUntil(() => establishedOn(lab, 'target', 6379).length === 1000, { what: '1000 copies are established', timeoutMs: 20_000 });
  expect(await pair.online.stop()).toBe(0);
  expect(establishedOn(lab, 'target', 6379)).toEqual([]);
  expect(establishedOn(lab, 'online', 6379).length).toBe(1000);
  expect(client.exitCode).toBeNull();
  client.kill();
  await pair.assistant.stop();
});
