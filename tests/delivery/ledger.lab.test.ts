// The ledger against what the servers themselves count: each fault moves its own bucket by as much as was asked, and no other.
import type { ChildProcess } from 'node:child_process';
import { ADDRESS, Lab, type Redis, redisCalls, startRedis, waitUntil } from '@parallax/lab';
import type { MappingSample, OnlineSample } from '@parallax/protocol';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { childPathOf, type Pair, startPair } from '../scenario/support.ts';
import { accountOf } from './support.ts';

type Counts = Record<string, number>;
type Expected = { copies: Counts; exchanges: Counts; bytes: Counts };
type StatsLine = MappingSample & { agent: OnlineSample };

const MAIN = `6379-${ADDRESS.target}:6379`;
const CLOSED = `6380-${ADDRESS.target}:6390`; // nobody listens there
const COPIES = 2;

let lab: Lab;
let online: Redis;
let other: Redis;
let target: Redis;
let pair: Pair | undefined;
const talks: ChildProcess[] = [];

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxl-${process.pid}`, removeOnExit: true });
  [online, other, target] = await Promise.all([startRedis(lab, 'online'), startRedis(lab, 'online', { port: 6380 }), startRedis(lab, 'target')]);
});
afterEach(async () => {
  for (const talk of talks.splice(0)) talk.kill('SIGKILL');
  expect(await pair?.stop()).toEqual([0, 0]);
  pair = undefined;
});
afterAll(async () => {
  await Promise.all([online.stop(), other.stop()]);
  await lab?.down();
});

/** One connection that stays open; each line said is one request. */
async function talk(): Promise<{ say(line: string): Promise<void>; end(): void }> {
  const child = lab.spawn('client', ['redis-cli', '-h', ADDRESS.online], { stdio: ['pipe', 'pipe', 'ignore'] });
  talks.push(child);
  let answers = 0;
  child.stdout!.on('data', (chunk: Buffer) => {
    answers += chunk.toString().split('\n').length - 1;
  });
  let said = 0;
  return {
    say: async (line) => {
      child.stdin!.write(`${line}\n`);
      said++;
      await waitUntil(() => answers >= said, { what: `the online server answers "${line}"` });
    },
    end: () => child.stdin!.end(),
  };
}

const set = (value: string, port = 6379) => lab.mustExec('client', ['redis-cli', '-h', ADDRESS.online, '-p', String(port), 'set', 'key', value]);
const bytesOf = (...words: string[]): number => `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`.length;
const setsOf = async (redis: Redis): Promise<number> => redisCalls(await redis.info('commandstats')).set ?? 0;

const stats = (): StatsLine[] => pair!.online.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as StatsLine);
const ledgerOf = (mapping: string): StatsLine['ledger'] | undefined => stats().findLast(({ mappingId }) => mappingId === mapping)?.ledger;
const filled = (buckets: Counts): Counts => Object.fromEntries(Object.entries(buckets).filter(([, count]) => count > 0));

/** Until the mapping's accounts are these, bucket for bucket. */
async function expectLedger(mapping: string, expected: Expected): Promise<void> {
  const now = () => {
    const ledger = ledgerOf(mapping);
    return ledger === undefined ? undefined : { copies: filled(ledger.copies), exchanges: filled(ledger.exchanges), bytes: filled(ledger.bytes) };
  };
  await expect.poll(now, { timeout: 8000, interval: 200 }).toEqual(expected);
}

test('open before, delivered, refused, closed by the target: what the servers count is what the buckets say', { timeout: 60_000 }, async () => {
  const early = await talk();
  await early.say('ping');
  pair = await startPair(lab, ['-x', `${MAIN},${CLOSED}`, '-n', String(COPIES), '--mid-stream', 'skip', '--stats']);
  const before = [await setsOf(online), await setsOf(target)];

  for (let index = 0; index < 10; index++) await set(`value${index}`);
  const setBytes = bytesOf('set', 'key', 'value0');
  const expected: Expected = { copies: { delivered: 10 * COPIES }, exchanges: { delivered: 10 * COPIES }, bytes: { delivered: 10 * COPIES * setBytes } };
  await expectLedger(MAIN, expected);
  expect([(await setsOf(online)) - before[0]!, (await setsOf(target)) - before[1]!]).toEqual([10, 10 * COPIES]);

  await early.say('set key early0');
  await early.say('set key early1');
  expected.copies.midStreamSkipped = COPIES;
  expected.exchanges.midStreamSkipped = 2 * COPIES;
  expected.bytes.midStreamSkipped = 2 * COPIES * setBytes;
  await expectLedger(MAIN, expected);

  for (let index = 0; index < 5; index++) await set(`value${index}`, 6380);
  await expectLedger(CLOSED, {
    copies: { refusedByTarget: 5 * COPIES },
    exchanges: { refusedByTarget: 5 * COPIES },
    bytes: { refusedByTarget: 5 * COPIES * setBytes },
  });
  await expectLedger(MAIN, expected);

  // A connection whose copies are open when the target's service ends; then one that begins when it is gone.
  const kept = await talk();
  await kept.say('set key value0');
  expected.copies.inFlight = COPIES;
  expected.exchanges.delivered! += 2 * COPIES; // redis-cli asks for the commands first
  expected.bytes.delivered! += COPIES * (bytesOf('COMMAND', 'DOCS') + setBytes);
  await expectLedger(MAIN, expected);
  expect((await setsOf(target)) - before[1]!).toBe(11 * COPIES);
  await target.stop();
  await kept.say('set key value1');
  delete expected.copies.inFlight;
  expected.copies.closedEarlyByTarget = COPIES;
  expected.exchanges.closedEarlyByTarget = COPIES;
  expected.bytes.closedEarlyByTarget = COPIES * setBytes;
  await expectLedger(MAIN, expected);
  await set('value2');
  expected.copies.refusedByTarget = COPIES;
  expected.exchanges.refusedByTarget = COPIES;
  expected.bytes.refusedByTarget = COPIES * setBytes;
  await expectLedger(MAIN, expected);

  target = await startRedis(lab, 'target');
  expect(
    stats().every(({ agent }) => agent.captured.dropped === 0 && agent.sent.failed === 0),
    accountOf(pair.online),
  ).toBe(true);
});

test('a capture that loses packets: copies end as captureDrop, every connection that the online server had is accounted for', { timeout: 60_000 }, async () => {
  pair = await startPair(lab, ['-x', MAIN, '--mid-stream', 'skip', '--stats']);
  const connections = async () => Number((await online.info('stats')).total_connections_received);
  const before = await connections();
  const run = lab.mustExec('client', ['redis-benchmark', '-h', ADDRESS.online, '-q', '-c', '20', '-n', '400000', '-t', 'set'], { timeoutMs: 50_000 });
  await new Promise((resolve) => setTimeout(resolve, 700));
  const path = childPathOf(pair.online);
  process.kill(path, 'SIGSTOP'); // nobody reads the ring, and it runs over
  await new Promise((resolve) => setTimeout(resolve, 1600));
  process.kill(path, 'SIGCONT');
  await run;
  const asked = (await connections()) - before - 1; // the question before came over the socket that is not mirrored, and was counted too
  const dropped = () => stats().reduce((sum, { agent }) => sum + agent.captured.dropped, 0);
  await waitUntil(() => Object.values(ledgerOf(MAIN)?.copies ?? {}).reduce((sum, count) => sum + count, 0) >= asked, {
    what: 'the sessions are in the ledger',
  });
  expect(dropped()).toBeGreaterThan(1000);
  await expect
    .poll(() => ledgerOf(MAIN)!.copies.inFlight, { timeout: 20_000, message: 'every session has ended, whether its end was captured or not' })
    .toBe(0);
  const { copies } = ledgerOf(MAIN)!;
  expect(copies.captureDrop).toBeGreaterThan(0);
  expect(copies.captureDrop + copies.delivered + copies.deliveredUnanswered, JSON.stringify(filled(copies))).toBe(asked);
});

test('sends that the kernel refuses are counted by name, on the mapping’s line too', { timeout: 60_000 }, async () => {
  pair = await startPair(lab, ['-x', MAIN, '--tx', 'raw', '--stats']);
  await lab.mustExec('online', ['iptables', '-I', 'OUTPUT', '-p', 'tcp', '-d', ADDRESS.target, '-j', 'DROP']);
  try {
    await set('unsent');
    const refused = () => stats().reduce((sum, { agent }) => sum + (agent.sent.failedBy.EPERM ?? 0), 0);
    await waitUntil(() => refused() > 0, { what: 'EPERM is counted' });
    const lines = stats();
    expect(lines.reduce((sum, { packets }) => sum + packets.sendFailed, 0)).toBe(refused());
    expect(filled(ledgerOf(MAIN)!.copies)).toEqual({ inFlight: 1 }); // it goes on trying for a minute
  } finally {
    await lab.mustExec('online', ['iptables', '-D', 'OUTPUT', '-p', 'tcp', '-d', ADDRESS.target, '-j', 'DROP']);
  }
});
