// What the target receives is what the clients said, byte for byte: random sessions against a server that hashes its streams, on both sides.

import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ADDRESS, ADDRESS6, Lab, waitUntil } from '@parallax/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lastStats, recordPackets, startPair } from '../scenario/support.ts';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const PORT = 7000;
let lab: Lab;

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxs-${process.pid}`, removeOnExit: true });
});
afterAll(async () => lab?.down());

/** A stream server; `streams` are its finished connections: peer → bytes and hash. */
async function serve(host: 'online' | 'target', delayMs: number, readEveryMs = 0) {
  const argv = [process.execPath, file('./stream-server.mjs'), String(PORT), String(delayMs), JSON.stringify({ readEveryMs })];
  const child = lab.spawn(host, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const streams: string[] = [];
  let isListening = false;
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line === 'listening') isListening = true;
    else streams.push(line);
  });
  await waitUntil(() => isListening, { what: `the stream server on ${host} listens` });
  const gone = new Promise((resolve) => child.once('close', resolve));
  return {
    streams,
    stop: () => {
      child.kill();
      return gone;
    },
  };
}

test.each([
  ['offloads off', 'off', 4, 0, 0, 1000, 0],
  ['offloads on', 'on', 4, 0, 0, 1000, 0],
  ['a slower target, over IPv6', 'on', 6, 3, 0, 300, 0],
  ['2 % loss both ways', 'off', 4, 0, 2, 200, 0],
  ['a target that reads slowly into small buffers, over IPv6', 'off', 6, 0, 0, 100, 2],
] as const)('every stream arrives byte for byte: %s', async (_, offload, family, targetDelayMs, lossPercent, sessions, readEveryMs) => {
  const seed = (Date.now() ^ process.pid) >>> 0;
  console.log(`seed ${seed}`);
  await lab.offload(offload);
  const rmem = readEveryMs > 0 ? '4096 16384 16384' : '4096 131072 6291456';
  await lab.mustExec('target', ['sh', '-c', `echo ${rmem} > /proc/sys/net/ipv4/tcp_rmem`]);
  const servers = [await serve('online', 0), await serve('target', targetDelayMs, readEveryMs)] as const;
  const targetAddress = family === 4 ? ADDRESS.target : `[${ADDRESS6.target}]`;
  const pair = await startPair(lab, ['-x', `${PORT}-${targetAddress}:${PORT}`, '--stats']);
  await lab.loss(lossPercent, 'both');
  const atClient = await recordPackets(lab, 'client', family === 4 ? `tcp and host ${ADDRESS.target}` : `tcp and host ${ADDRESS6.target}`);
  const onlineAddress = family === 4 ? ADDRESS.online : ADDRESS6.online;
  const done = await lab.mustExec(
    'client',
    [process.execPath, file('./stream-client.mjs'), onlineAddress, String(PORT), String(sessions), '20', String(seed)],
    { timeoutMs: 90_000 },
  );
  expect(done.trim()).toBe(`done ${sessions}`);
  await waitUntil(() => servers[1].streams.length >= sessions, { what: 'every copy has ended on the target', timeoutMs: 30_000 }).catch(() => {});
  await lab.loss(0);
  const ended = () => lastStats(pair.online)?.ledger.copies ?? { delivered: 0, deliveredUnanswered: 0 };
  const hasEnded = () => ended().delivered + ended().deliveredUnanswered >= sessions;
  await waitUntil(hasEnded, { what: 'every copy is in the ledger', timeoutMs: 20_000 }).catch(() => {}); // an end that was lost again and again is said again ever later
  const codes = await pair.stop();
  for (const server of servers) await server.stop();
  const withoutPort = (line: string) => line.replace(/:\d+ /, ' ');
  const [online, target] = servers.map(({ streams }) => [...streams].sort());
  expect(target!.map(withoutPort).sort(), JSON.stringify(lastStats(pair.online)?.ledger)).toEqual(online!.map(withoutPort).sort());
  // A client that uses a port again at once gets another one at the target, where the first connection lingers; and where a client then uses
  // that other one as well, so may this stream.
  const usedAgain = sessions - new Set(online!.map((line) => /:\d+ /.exec(line)![0])).size;
  const elsewhere = target!.filter((line) => !online!.includes(line)).length;
  expect(elsewhere, `streams from another port than the client’s, of which ${usedAgain} were used again`).toBeLessThanOrEqual(2 * usedAgain);
  expect(ended().delivered, `every copy is in the ledger, and answered: ${JSON.stringify(ended())}`).toBe(sessions);
  expect(await atClient.take(), 'nothing of the target reaches a client').toEqual([]);
  expect(codes).toEqual([0, 0]);
});
