// Under more load than --max-pps, --max-cpu or --max-memory permit: whole connections are left out, those copied are copied whole, and no client notices.
import { ADDRESS, Lab, type MonitorLine, type Redis, redisMonitor, startLoad, startRedis, waitUntil } from '@parallax/lab';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { commandsOf, lastStats, nextStats, type Pair, recordPackets, startPair } from '../scenario/support.ts';

const MOST_PPS = 1500;
const REQUESTS = 20;
const CLIENTS = 40;
let lab: Lab;
let target: Redis;
let pair: Pair;

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxy-${process.pid}`, removeOnExit: true });
  [, target] = await Promise.all([startRedis(lab, 'online'), startRedis(lab, 'target')]);
});
afterEach(async () => {
  expect(await pair?.stop(), 'exit codes').toEqual([0, 0]);
});
afterAll(async () => lab?.down());

async function mirrorWithin(option: string, value: number): Promise<void> {
  pair = await startPair(lab, ['-x', `6379-${ADDRESS.target}:6379`, option, String(value), '--stats']);
}

const says = (words: RegExp) => pair.online.log.some((line) => words.test(line));
/** Commands of each connection of a client, in order; its port may come again. */
function wordsByPeer(lines: readonly MonitorLine[]): Map<string, string[]> {
  const words = new Map<string, string[]>();
  for (const line of lines) if (line.peer.startsWith('10.90.0.')) words.set(line.peer, [...(words.get(line.peer) ?? []), line.words.join(' ')]);
  return words;
}

test('connections of 20 requests, more than twice too many: each is copied wholly or not at all, or ended by a reset', async () => {
  await mirrorWithin('--max-pps', MOST_PPS);
  const opened = await recordPackets(lab, 'online', `tcp dst port 6379 and dst host ${ADDRESS.online} and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn`);
  const monitors = await Promise.all([redisMonitor(lab, 'online'), redisMonitor(lab, 'target')]);
  const load = startLoad(lab, { clients: CLIENTS, ratePerSecond: 3000, seconds: 8, requestsPerConnection: REQUESTS });
  await waitUntil(() => says(/shedding, packets sent \d+\/s of 1500\/s: new sessions are not copied/), { what: 'it is said that it sheds', timeoutMs: 8_000 });
  const { failed } = await load.done;
  expect(failed, 'no client notices').toBe(0);
  await waitUntil(() => says(/shedding has ended/), { what: 'it ends with the load', timeoutMs: 15_000 });
  await waitUntil(async () => (await nextStats(pair.online)).ledger.copies.inFlight === 0, { what: 'every copy has ended' });
  const [said, copied] = monitors.map(({ lines, stop }) => {
    stop();
    return wordsByPeer(lines);
  });
  const { ledger } = lastStats(pair.online)!;
  const { delivered = 0, overLimit = 0, inFlight: _, ...others } = ledger.copies;
  expect(
    Object.values(others).reduce((sum, count) => sum + count, 0),
    JSON.stringify(ledger.copies),
  ).toBe(0);
  expect(overLimit).toBeGreaterThan(20);
  expect(delivered).toBeGreaterThan(20);
  const endedByReset = pair.online.log
    .flatMap((line) => /copies of the (\d+) youngest sessions are ended/.exec(line)?.[1] ?? [])
    .reduce((sum, count) => sum + Number(count), 0);
  let whole = 0;
  let parts = 0;
  for (const [peer, words] of copied!) {
    const all = said!.get(peer)!;
    if (words.length === all.length) {
      expect(words).toEqual(all);
      whole++;
    } else {
      expect(words, 'what the target executed of it is what was said first').toEqual(all.slice(0, words.length));
      parts++;
    }
  }
  const connections = new Set((await opened.take()).map(({ source, seq }) => `${source} ${seq}`)).size;
  const silent = connections - said!.size; // opened when the load ended, and nothing was said on them
  expect(delivered + overLimit, 'every connection was copied or left out').toBe(connections);
  expect(delivered, 'copied whole').toBeGreaterThanOrEqual(whole);
  expect(delivered).toBeLessThanOrEqual(whole + silent);
  expect(silent).toBeLessThanOrEqual(CLIENTS);
  expect(parts).toBeLessThanOrEqual(endedByReset);
  const rates = pair.online.lines
    .filter((line) => line.startsWith('{'))
    .map((line) => (JSON.parse(line) as { packets: { injected: number } }).packets.injected);
  const loaded = rates.slice(0, 9).sort((a, b) => a - b);
  expect(loaded[Math.floor(loaded.length / 2)]!, `packets sent in each second: ${rates}`).toBeLessThanOrEqual(MOST_PPS * 1.1);
});

test('a packet path that is larger than it may be copies nothing', async () => {
  await mirrorWithin('--max-memory', 40);
  await waitUntil(() => says(/shedding, memory \d+ MiB of 40 MiB: new sessions are not copied/), { what: 'it is said that it sheds' });
  const before = await commandsOf(target);
  const { connections, failed } = await startLoad(lab, { clients: 5, ratePerSecond: 200, seconds: 1, requestsPerConnection: 10 }).done;
  expect(failed, 'no client notices').toBe(0);
  await waitUntil(() => lastStats(pair.online)?.ledger.copies.overLimit === connections, { what: 'every connection is accounted for' });
  expect(await commandsOf(target), 'only INFO itself').toBe(before + 1);
});

test('a packet path that takes more of a core than it may copies no new connections, and copies again when that is over', async () => {
  await mirrorWithin('--max-cpu', 3);
  const load = startLoad(lab, { clients: CLIENTS, ratePerSecond: 3000, seconds: 6, requestsPerConnection: REQUESTS });
  await waitUntil(() => says(/shedding, CPU \d+ % of 3 %: new sessions are not copied/), { what: 'it is said that it sheds' });
  expect((await load.done).failed, 'no client notices').toBe(0);
  const isOver = () => /shedding has ended/.test(pair.online.log.findLast((line) => line.includes('shedding')) ?? '');
  await waitUntil(isOver, { what: 'it ends with the load', timeoutMs: 15_000 });
  await waitUntil(() => lastStats(pair.online)?.ledger.copies.inFlight === 0, { what: 'every copy has ended' });
  const { delivered = 0, overLimit = 0 } = lastStats(pair.online)!.ledger.copies;
  expect(overLimit).toBeGreaterThan(20);
  expect(delivered).toBeGreaterThan(20);
  await startLoad(lab, { clients: 1, ratePerSecond: 20, seconds: 1 }).done;
  await waitUntil(() => lastStats(pair.online)!.ledger.copies.delivered > delivered, { what: 'new connections are copied again' });
});
