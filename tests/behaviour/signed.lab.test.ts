// Clients that sign their segments (TCP-MD5, as BGP does): a copy has no key, so the mapping says so and stops (docs/tcp-behaviour.md: row 35).
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ADDRESS, type Host, Lab, waitUntil } from '@parallax/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { establishedOn, startPair } from '../scenario/support.ts';
import { recordHeaders } from './capture.ts';

const PORT = 1790;
const SIGNED = fileURLToPath(new URL('./signed.py', import.meta.url));
let lab: Lab;

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxm-${process.pid}`, removeOnExit: true });
});
afterAll(async () => lab?.down());

/** Every connection is a line; a `key` of no letters signs nothing. */
async function serve(host: Host, key: string): Promise<{ connections: () => number; stop(): void }> {
  const child = lab.spawn(host, ['python3', SIGNED, 'serve', String(PORT), key], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  await waitUntil(() => lines.includes('listening'), { what: `the server on ${host} listens` });
  return { connections: () => lines.filter((line) => line === 'connection').length, stop: () => child.kill() };
}
const talk = (key: string) => lab.mustExec('client', ['python3', SIGNED, 'talk', ADDRESS.online, String(PORT), key], { timeoutMs: 20_000 });

test('35: the first session with signed segments ends the mapping with its reason; the target is left alone, and no client notices', async () => {
  const online = await serve('online', 'secret');
  const target = await serve('target', '');
  const pair = await startPair(lab, ['-x', `${PORT}-${ADDRESS.target}:${PORT}`]);
  const ended = new Promise((resolve) => pair.online.child.once('exit', resolve));
  const atTarget = await recordHeaders(lab, 'target', `tcp port ${PORT}`);
  expect(await talk('secret')).toBe('3\n');
  expect(await ended, 'the only mapping has failed').not.toBe(0);
  expect(pair.online.log.join('\n')).toMatch(/the clients sign their segments/);
  expect(await talk('secret')).toBe('3\n');
  expect(online.connections()).toBe(2);
  expect(target.connections(), 'connections at the target').toBeLessThanOrEqual(1);
  expect(
    (await atTarget.take()).filter(({ payloadBytes }) => payloadBytes > 0),
    'nothing was said there',
  ).toEqual([]);
  expect(establishedOn(lab, 'target', PORT)).toEqual([]);
  await pair.assistant.stop();
  online.stop();
  target.stop();
});
