// Parts die and come back under load: what was lost is counted, everything goes on within 2 s, and no client notices.
import {
  ADDRESS,
  Lab,
  type MonitorLine,
  type Redis,
  type Running,
  redisCalls,
  redisMonitor,
  startLoad,
  startParallax,
  startRedis,
  waitUntil,
} from '@parallax/lab';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { childPathOf, lastStats, makeKey, PROGRAM } from '../scenario/support.ts';
import { accountOf, countCommands, msUntilItExecutes, watchClient } from './support.ts';

const RESUMES_WITHIN_MS = 2000;
const CLIENTS = 10;
let lab: Lab;
let key: string;
let online: Redis;
let target: Redis;
let mirror: Running;
let assistant: Running;
let atClient: Awaited<ReturnType<typeof watchClient>>;

const startAssistant = () => startParallax(lab, 'assistant', PROGRAM, ['assistant', '-i', 'eth0', '--key-file', key]);

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxf-${process.pid}`, removeOnExit: true });
  key = makeKey(lab);
  [online, target] = await Promise.all([startRedis(lab, 'online'), startRedis(lab, 'target')]);
});
beforeEach(async () => {
  assistant = await startAssistant();
  const mapping = ['-x', `6379-${ADDRESS.target}:6379`, '-s', ADDRESS.assistant];
  mirror = await startParallax(lab, 'online', PROGRAM, ['online', ...mapping, '-i', 'eth0', '--key-file', key, '--stats']);
  atClient = await watchClient(lab);
});
afterEach(async () => {
  const codes = [await mirror.stop(), await assistant.stop()];
  expect(await atClient.end(), 'nothing of the target reaches a client').toEqual([]);
  expect(codes, 'exit codes').toEqual([0, 0]);
});
afterAll(async () => lab?.down());

/** Loads end when they are told: what they are for takes a busy machine longer. */
const LONG_SECONDS = 60;
const soon = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const benchmark = () =>
  lab.mustExec('client', ['redis-benchmark', '-h', ADDRESS.online, '-q', '-c', '50', '-n', '30000', '-t', 'set,get'], { timeoutMs: 100_000 });
/** Until a few hundred requests of a load were executed by the target. */
const copiesFlow = async () => {
  const executed = async () => Number((await target.info('stats')).total_commands_processed);
  const before = await executed();
  await waitUntil(async () => (await executed()) >= before + 200, { what: 'copies of the load are executed', timeoutMs: 20_000 });
};
const saysDown = () => mirror.log.some((line) => /ECONNRESET|is not listening|closed the connection|silent for/.test(line));

test('the assistant’s packet path is killed in the middle: it is visible, nothing is lost', async () => {
  const counted = await countCommands(online, target, async () => {
    const run = benchmark();
    await soon(500);
    process.kill(childPathOf(assistant), 'SIGKILL');
    await waitUntil(saysDown, { what: 'the online agent says that the relay is down' });
    await run;
  });
  expect(counted.target, accountOf(mirror)).toBe(counted.online);
});

test('the assistant agent is killed and started again 1 s later: it is visible, resumes within 2 s, nothing is lost', async () => {
  let resumedAfterMs = Number.NaN;
  const load = startLoad(lab, { clients: 20, ratePerSecond: 500, seconds: LONG_SECONDS });
  const counted = await countCommands(online, target, async () => {
    await copiesFlow();
    const child = childPathOf(assistant);
    process.kill(assistant.child.pid!, 'SIGKILL');
    await waitUntil(saysDown, { what: 'the online agent says that the relay is down' });
    await waitUntil(() => !isAlive(child), { what: 'the packet path has noticed that its parent is gone' });
    await soon(1000);
    assistant = await startAssistant();
    resumedAfterMs = await msUntilItExecutes(target);
    await soon(1000);
    expect(await load.stop()).toMatchObject({ failed: 0 });
  });
  expect(resumedAfterMs).toBeLessThan(RESUMES_WITHIN_MS);
  expect(counted.target, accountOf(mirror)).toBe(counted.online);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('the relay is cut for 2 s: resumes within 2 s, nothing is lost', async () => {
  let resumedAfterMs = Number.NaN;
  const counted = await countCommands(online, target, async () => {
    const load = startLoad(lab, { clients: 20, ratePerSecond: 500, seconds: LONG_SECONDS });
    await copiesFlow();
    await lab.link('assistant', 'down');
    await soon(2000);
    await lab.link('assistant', 'up');
    resumedAfterMs = await msUntilItExecutes(target);
    await soon(1000);
    expect(await load.stop()).toMatchObject({ failed: 0 });
  });
  expect(resumedAfterMs).toBeLessThan(RESUMES_WITHIN_MS);
  expect(counted.target, accountOf(mirror)).toBe(counted.online);
});

test('the target’s server is stopped and started: each lost request is in the ledger, copies resume within 2 s', async () => {
  const executed = (lines: readonly MonitorLine[]) => lines.filter(({ peer }) => !peer.startsWith('unix:')).length;
  const monitor = await redisMonitor(lab, 'target');
  const load = startLoad(lab, { clients: CLIENTS, ratePerSecond: 200, seconds: LONG_SECONDS, requestsPerConnection: 1 });
  await copiesFlow();
  await target.stop();
  await soon(1500);
  target = await startRedis(lab, 'target');
  const resumedAfterMs = await msUntilItExecutes(target);
  await soon(1000);
  const { sent, failed } = await load.stop();
  expect(failed, 'no client notices').toBe(0);
  expect(resumedAfterMs).toBeLessThan(RESUMES_WITHIN_MS);
  const copies = await waitUntil(
    () => {
      const account = lastStats(mirror)?.ledger.copies;
      return account !== undefined && account.inFlight === 0 && account.delivered >= executed(monitor.lines) ? account : undefined;
    },
    { what: 'every copy has ended' },
  );
  const { get = 0, set = 0, incr = 0 } = redisCalls(await target.info());
  const lostRequests = sent - executed(monitor.lines) - get - set - incr;
  const { delivered: _, inFlight: __, ...others } = copies;
  const lostCopies = Object.values(others).reduce((sum, count) => sum + count, 0);
  expect(copies.refusedByTarget).toBeGreaterThan(0);
  expect(lostRequests).toBeGreaterThan(0);
  // Each request is one connection. A few were executed, and only their answers were cut off.
  expect(lostCopies).toBeGreaterThanOrEqual(lostRequests);
  expect(lostCopies - lostRequests).toBeLessThanOrEqual(CLIENTS);
});
