// Connections in whose middle copying begins: the target gets whole requests and nothing else.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ADDRESS, Lab, waitUntil } from '@parallax/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lastStats, nextStats, startPair } from '../scenario/support.ts';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const PORT = 7080;
const MIRROR = ['-x', `${PORT}-${ADDRESS.target}:${PORT}`, '--stats'];
let lab: Lab;

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxm-${process.pid}`, removeOnExit: true });
});
afterAll(async () => lab?.down());

type Program = { child: ChildProcess; lines: string[]; times: number[]; stop(): Promise<void> };

async function run(host: 'online' | 'target' | 'client', name: string, args: readonly string[], first: string): Promise<Program> {
  const child = lab.spawn(host, [process.execPath, file(name), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const times: number[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(line);
    times.push(Date.now());
  });
  await waitUntil(() => lines.includes(first), { what: `${name} on ${host} says "${first}"` });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    child,
    lines,
    times,
    stop: () => {
      child.kill();
      return gone;
    },
  };
}
const serve = (host: 'online' | 'target') => run(host, './keep-alive-server.mjs', [String(PORT)], 'listening');
const requestsOf = ({ lines }: Program) => lines.filter((line) => line.startsWith('/'));
const soon = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const ledger = (pair: { online: Parameters<typeof lastStats>[0] }) => lastStats(pair.online)?.ledger.copies;

test.each([
  ['boundary', [], ['/0', '/1', '/2', '/3']],
  ['boundary', ['expect'], ['/0', '/1', '/2', '/3']],
  ['skip', [], []],
] as const)('%s: started in the middle of an upload of 1 MB %j', async (policy, extra, expected) => {
  const servers = [await serve('online'), await serve('target')] as const;
  const client = await run('client', './keep-alive-client.mjs', [ADDRESS.online, String(PORT), 'upload', String(1 << 20), '4', ...extra], 'half');
  const pair = await startPair(lab, [...MIRROR, ...(policy === 'skip' ? ['-O'] : [])]);
  client.child.stdin!.write('go\n');
  await waitUntil(() => client.lines.includes('done'), { what: 'the client is through' });
  const isWanted = (line: string) => (expected as readonly string[]).some((path) => line.startsWith(`${path} `));
  const wanted = requestsOf(servers[0]).filter(isWanted);
  await waitUntil(() => requestsOf(servers[1]).length >= wanted.length, { what: 'the target has the requests', timeoutMs: 5000 }).catch(() => {});
  await nextStats(pair.online);
  expect(servers[1].lines, JSON.stringify(ledger(pair))).toEqual(['listening', ...wanted]);
  expect(requestsOf(servers[0])).toHaveLength(6);
  expect(ledger(pair)?.midStreamSkipped).toBe(1);
  expect(await pair.stop()).toEqual([0, 0]);
  for (const server of servers) await server.stop();
});

test('the target is stopped and started under load: whole requests again within 2 s, none twice', async () => {
  const online = await serve('online');
  const before = await serve('target');
  const pair = await startPair(lab, MIRROR);
  const client = await run('client', './keep-alive-client.mjs', [ADDRESS.online, String(PORT), 'load', '20', '20'], 'asking');
  await waitUntil(() => requestsOf(before).length > 200, { what: 'the target is asked' });
  await before.stop();
  await soon(3000);
  const target = await serve('target');
  const backAtMs = target.times[0]!;
  await waitUntil(() => requestsOf(target).length > 0, { what: 'the target is asked again' });
  expect(target.times[1]! - backAtMs).toBeLessThan(2000);
  const saidLate = () => online.lines.filter((line, index) => line.startsWith('/') && online.times[index]! > backAtMs + 2000);
  await waitUntil(() => saidLate().length > 500, { what: 'requests 2 s later', timeoutMs: 20_000 });
  client.child.stdin!.end();
  await waitUntil(() => client.lines.includes('done'), { what: 'the client is through' });
  await soon(500);
  const said = requestsOf(online);
  const got = [...requestsOf(before), ...requestsOf(target)];
  expect(new Set(got).size, 'none twice').toBe(got.length);
  expect(
    got.filter((line) => !said.includes(line)),
    'none that was not said',
  ).toEqual([]);
  expect([...before.lines, ...target.lines].filter((line) => line.startsWith('broken'))).toEqual([]);
  expect(
    saidLate().filter((line) => !got.includes(line)),
    `all that was said 2 s later: ${JSON.stringify(lastStats(pair.online)?.ledger)}`,
  ).toEqual([]);
  const copies = ledger(pair);
  expect(copies?.refusedByTarget, 'attempts while it was away: 20 connections, 250, 500, 1000, 1000… ms apart').toBeLessThan(20 * 8);
  expect(await pair.stop()).toEqual([0, 0]);
  await Promise.all([online.stop(), target.stop()]);
});
