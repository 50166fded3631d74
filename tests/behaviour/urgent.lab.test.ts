// Urgent data reach the target as urgent data (docs/tcp-behaviour.md: row 35).
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ADDRESS, type Host, Lab, waitUntil } from '@parallax/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPair } from '../scenario/support.ts';

const PORT = 2323;
const URGENT = fileURLToPath(new URL('./urgent.py', import.meta.url));
let lab: Lab;

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxu-${process.pid}`, removeOnExit: true });
});
afterAll(async () => lab?.down());

async function serve(host: Host): Promise<string[]> {
  const child = lab.spawn(host, ['python3', URGENT, 'serve', String(PORT)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  await waitUntil(() => lines.includes('listening'), { what: `the server on ${host} listens` });
  return lines;
}

test('35: urgent bytes arrive as such at both servers, and the stream without them', async () => {
  const online = await serve('online');
  const target = await serve('target');
  const pair = await startPair(lab, ['-x', `${PORT}-${ADDRESS.target}:${PORT}`]);
  await lab.mustExec('client', ['python3', URGENT, 'talk', ADDRESS.online, String(PORT)]);
  await waitUntil(() => target.some((line) => line.startsWith('stream')), { what: 'the copy has ended', timeoutMs: 20_000 });
  expect(online).toEqual(['listening', 'urgent !', 'urgent ?', 'stream abcdefghi']);
  expect(target).toEqual(online);
  expect(await pair.stop()).toEqual([0, 0]);
});
