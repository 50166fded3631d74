// Connections that a server refuses or resets, and those that the adapter does not understand, as Parallax counts them on each side, against captures
// on both servers' hosts.
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ADDRESS, type Host, Lab, type Running, waitUntil } from '@parallax/lab';
import type { SecondCounts } from '@parallax/protocol';
import { RST } from '@parallax/wire';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordPackets, type Segment, startPair } from '../scenario/support.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxr-${process.pid}`, removeOnExit: true });
});
afterAll(async () => lab?.down());

const BOTH = 8001; // both servers listen
const REFUSED_ONLINE = 8002; // only the target listens
const REFUSED_TARGET = 8003; // only the online server listens
const idOf = (port: number) => `${port}-${ADDRESS.target}:${port}`;

async function startServer(host: Host & ('online' | 'target'), port: number): Promise<void> {
  const program = fileURLToPath(new URL('./odd-server.mjs', import.meta.url));
  const child = lab.spawn(host, [process.execPath, program, host, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  await waitUntil(() => lines.includes('listening'), { what: `the server listens on ${host}` });
}

async function ask(port: number, count: number, words: string): Promise<{ answered: number; reset: number }> {
  const program = fileURLToPath(new URL('./odd-client.mjs', import.meta.url));
  return JSON.parse(await lab.mustExec('client', [process.execPath, program, ADDRESS.online, String(port), String(count), words], { timeoutMs: 60_000 }));
}

/** Connections of a service that its server sent a reset to. */
const resetIn = (segments: readonly Segment[], host: Host, port: number): number =>
  new Set(segments.filter(({ source, flags }) => source === `${ADDRESS[host]}:${port}` && (flags & RST) !== 0).map(({ destination }) => destination)).size;

type Told = Record<'online' | 'target', { resets: number; notUnderstood: number }>;
function told({ lines }: Running, port: number): Told {
  const sum: Told = { online: { resets: 0, notUnderstood: 0 }, target: { resets: 0, notUnderstood: 0 } };
  for (const line of lines.filter((each) => each.includes('"counts":'))) {
    const { mappingId, counts } = JSON.parse(line) as { mappingId: string; counts: SecondCounts };
    if (mappingId !== idOf(port)) continue;
    for (const side of ['online', 'target'] as const) {
      sum[side].resets += counts[side].resets;
      sum[side].notUnderstood += counts[side].notUnderstood;
    }
  }
  return sum;
}

test('what a capture on each server’s host counts is what is told', { timeout: 90_000 }, async () => {
  for (const [host, port] of [
    ['online', BOTH],
    ['target', BOTH],
    ['target', REFUSED_ONLINE],
    ['online', REFUSED_TARGET],
  ] as const)
    await startServer(host, port);
  const ports = [BOTH, REFUSED_ONLINE, REFUSED_TARGET];
  const pair = await startPair(lab, ['-x', ports.map(idOf).join(','), '--adapter', 'http1', '--latency']);
  const captures = {
    online: await recordPackets(lab, 'online', `tcp portrange ${BOTH}-${REFUSED_TARGET} and host ${ADDRESS.client}`),
    target: await recordPackets(lab, 'target', `tcp portrange ${BOTH}-${REFUSED_TARGET}`),
  };

  expect(await ask(BOTH, 30, 'GET /fine')).toEqual({ answered: 30, reset: 0 });
  expect(await ask(BOTH, 11, 'GET /reset-online')).toEqual({ answered: 0, reset: 11 });
  expect(await ask(BOTH, 17, 'GET /reset-target')).toEqual({ answered: 17, reset: 0 });
  expect(await ask(BOTH, 5, 'GET /reset-both')).toEqual({ answered: 0, reset: 5 });
  expect(await ask(BOTH, 7, 'helo there')).toEqual({ answered: 7, reset: 0 });
  expect(await ask(BOTH, 3, 'GET /odd-online')).toEqual({ answered: 3, reset: 0 });
  expect(await ask(BOTH, 4, 'GET /odd-target')).toEqual({ answered: 4, reset: 0 });
  expect(await ask(REFUSED_ONLINE, 6, 'GET /fine')).toEqual({ answered: 0, reset: 6 });
  expect(await ask(REFUSED_TARGET, 8, 'GET /fine')).toEqual({ answered: 8, reset: 0 });
  await expect.poll(() => told(pair.online, REFUSED_TARGET).target.resets, { timeout: 15_000, interval: 200 }).toBe(8); // the last of all has ended

  const captured = { online: await captures.online.take(), target: await captures.target.take() };
  const seen = (side: 'online' | 'target', port: number) => resetIn(captured[side], side, port);
  const expected = {
    // Of the last five the target resets those whose request it has before the copy is reset, because the online server has reset its own.
    [BOTH]: { online: { resets: 11 + 5, notUnderstood: 7 + 3 }, target: { resets: seen('target', BOTH), notUnderstood: 4 } },
    [REFUSED_ONLINE]: { online: { resets: 6, notUnderstood: 0 }, target: { resets: 0, notUnderstood: 0 } },
    [REFUSED_TARGET]: { online: { resets: 0, notUnderstood: 0 }, target: { resets: 8, notUnderstood: 0 } },
  };
  const all = () => Object.fromEntries(ports.map((port) => [port, told(pair.online, port)]));
  await expect.poll(all, { timeout: 15_000, interval: 200 }).toEqual(expected);
  expect(await pair.stop(), 'exit codes of online and assistant').toEqual([0, 0]);
  expect(seen('target', BOTH)).toBeGreaterThanOrEqual(17);
  for (const side of ['online', 'target'] as const) for (const port of ports) expect(told(pair.online, port)[side].resets, side).toBe(seen(side, port));
});
