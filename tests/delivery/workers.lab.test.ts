// Several packet paths share the connections of one agent: everything is delivered as by one, over IPv4 and IPv6, and when one dies the others go on.
import { readFileSync } from 'node:fs';
import { ADDRESS, ADDRESS6, Lab, type MonitorLine, type Redis, type Running, redisMonitor, startLoad, startRedis, waitUntil } from '@parallax/lab';
import { shardOf } from '@parallax/wire';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Pair, startPair } from '../scenario/support.ts';
import { accountOf, countCommands, watchClient } from './support.ts';

const WORKERS = 2;
let lab: Lab;
let online: Redis;
let target: Redis;
let pair: Pair;
let atClient: Awaited<ReturnType<typeof watchClient>>;

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxw-${process.pid}`, removeOnExit: true });
  [online, target] = await Promise.all([startRedis(lab, 'online'), startRedis(lab, 'target')]);
  const mappings = `6379-${ADDRESS.target}:6379/n=2,[${ADDRESS6.online}]:6379-[${ADDRESS6.target}]:6379`;
  pair = await startPair(lab, ['-x', mappings, '--workers', String(WORKERS), '--stats'], ['--stats']);
  atClient = await watchClient(lab);
});
afterAll(async () => {
  const codes = await pair?.stop();
  expect(await atClient.end(), 'nothing of the target reaches a client').toEqual([]);
  expect(codes, 'exit codes').toEqual([0, 0]);
  await lab?.down();
});

const benchmark = (host: string, count: number) =>
  lab.mustExec('client', ['redis-benchmark', '-h', host, '-q', '-c', '50', '-n', String(count), '-t', 'set,get'], { timeoutMs: 100_000 });
const pathsOf = ({ child }: Running): number[] => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').map(Number);
/** Ticks of CPU that a process has used (proc_pid_stat(5)). */
const ticksOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return Number(fields[11]) + Number(fields[12]);
};
const soon = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
function countByPeer(lines: readonly MonitorLine[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { peer } of lines) counts.set(peer, (counts.get(peer) ?? 0) + 1);
  return counts;
}
type Stats = { mappingId: string; atMs: number; agent: { answers: { unknown: number } } | null; packets: { unrouted: number } };
const statsOf = ({ lines }: Running): Stats[] => lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Stats);

test.each([
  ['IPv4, two copies of each session', ADDRESS.online, 2],
  ['IPv6', ADDRESS6.online, 1],
])('%s: 100 %%, by both packet paths, and each answer goes to the one that wants it', async (_, host, copies) => {
  const paths = pathsOf(pair.online);
  expect(paths).toHaveLength(WORKERS);
  const before = paths.map(ticksOf);
  const counted = await countCommands(online, target, () => benchmark(host, 20_000), copies);
  expect(counted.online).toBeGreaterThan(0);
  expect(counted.target, accountOf(pair.online)).toBe(counted.online * copies);
  const used = paths.map((pid, index) => ticksOf(pid) - before[index]!);
  expect(Math.min(...used) / Math.max(...used), `both work: ${used} ticks`).toBeGreaterThan(0.3);
  await waitUntil(() => statsOf(pair.online).length > 0, { what: 'a line of --stats' });
  const unknown = statsOf(pair.online).reduce((total, { agent }) => total + (agent?.answers.unknown ?? 0), 0);
  expect(unknown, 'answers that came to the wrong path').toBe(0);
  const unrouted = statsOf(pair.assistant).reduce((total, { packets }) => total + packets.unrouted, 0);
  expect(unrouted, 'answers that nobody wanted').toBe(0);
});

test('one line for each mapping and second', async () => {
  const timesOf = (id: string) => statsOf(pair.online).flatMap(({ mappingId, atMs }) => (mappingId === id ? [atMs] : []));
  for (const id of new Set(statsOf(pair.online).map(({ mappingId }) => mappingId))) {
    const seconds = () => (timesOf(id).at(-1)! - timesOf(id)[0]!) / 1000;
    await waitUntil(() => seconds() > 3, { what: 'figures of some seconds' }); // then one line for each path would be too many
    expect(timesOf(id).length, `${id}: lines in ${seconds()} s`).toBeLessThanOrEqual(Math.round(seconds()) + 1);
  }
});

test('one packet path is killed: the connections of the other are copied as if nothing was, and it comes back', async () => {
  const monitors = await Promise.all([redisMonitor(lab, 'online'), redisMonitor(lab, 'target')]);
  const load = startLoad(lab, { clients: 40, ratePerSecond: 1000, seconds: 60 });
  await soon(1000);
  const [first, second] = pathsOf(pair.online);
  process.kill(second!, 'SIGKILL');
  await waitUntil(() => pair.online.log.some((line) => line.includes('packet path 2 of 2 runs again')), { what: 'it runs again', timeoutMs: 20_000 });
  const [saidBefore, copiedBefore] = monitors.map(({ lines }) => countByPeer(lines));
  await soon(2000);
  expect(await load.stop()).toMatchObject({ failed: 0 });
  expect(pair.online.log.some((line) => line.includes('packet path 2 of 2: the packet path ended by SIGKILL'))).toBe(true);
  expect(pathsOf(pair.online)).toContain(first);
  const said = countByPeer(monitors[0]!.lines);
  const clients = [...said.keys()].filter((peer) => peer.startsWith('10.90.0.'));
  const portOf = (peer: string) => Number(peer.split(':')[1]);
  const ofFirst = clients.filter((peer) => shardOf(portOf(peer), WORKERS) === 0);
  const isCopied = () => {
    const copied = countByPeer(monitors[1]!.lines);
    return ofFirst.every((peer) => (copied.get(peer) ?? 0) >= said.get(peer)!);
  };
  await waitUntil(isCopied, { what: 'all of the first is copied', pollMs: 200 }).catch(() => {});
  const copied = countByPeer(monitors[1]!.lines);
  for (const { stop } of monitors) stop();
  const ofSecond = clients.filter((peer) => !ofFirst.includes(peer));
  expect(Math.min(ofFirst.length, ofSecond.length), 'both have connections').toBeGreaterThan(10);
  // A first copy speaks from its client's own address and port.
  expect(ofFirst.map((peer) => [peer, copied.get(peer)])).toEqual(ofFirst.map((peer) => [peer, said.get(peer)]));
  for (const peer of ofSecond) {
    const saidSince = said.get(peer)! - (saidBefore!.get(peer) ?? 0);
    const copiedSince = (copied.get(peer) ?? 0) - (copiedBefore!.get(peer) ?? 0);
    expect(copiedSince, `${peer} is copied again, after it said ${saidSince} more`).toBeGreaterThan(saidSince / 2);
  }
  const all = await countCommands(online, target, () => benchmark(ADDRESS.online, 5000), 2);
  expect(all.target, accountOf(pair.online)).toBe(all.online * 2);
});
