// HTTP: every request in the online server's access log is in the target's too, from the same client, answered alike.
import { ADDRESS, ADDRESS6, Lab, type Nginx, type NginxRequest, startNginx, waitUntil } from '@parallax/lab';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Pair, startPair } from '../scenario/support.ts';
import { accountOf, type HttpLoad, httpLoad, watchClient } from './support.ts';

let lab: Lab;
let servers: [Nginx, Nginx];
const files = { 'index.html': 'hello\n', large: Buffer.alloc(65_536, 'x') };

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxn-${process.pid}`, removeOnExit: true });
  servers = await Promise.all([startNginx(lab, 'online', { files }), startNginx(lab, 'target', { files })]);
});
afterAll(async () => lab?.down());

/** How many of them say the same. */
function count<T>(all: readonly T[], words: (one: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(words(one), (counts.get(words(one)) ?? 0) + 1);
  return counts;
}

/** Connections from each client address and port: of a client that closes after each answer as many as its requests, else one. */
function connectionsByPort(requests: readonly NginxRequest[], load: HttpLoad): Map<string, number> {
  const counts = count(requests, ({ peer }) => peer);
  if (load.keepsAlive !== false) for (const peer of counts.keys()) counts.set(peer, 1);
  return counts;
}

describe.each([
  ['off', ADDRESS.target, undefined],
  ['on', ADDRESS.target, undefined],
  ['on', `[${ADDRESS6.target}]`, ADDRESS6.online],
] as const)('offloads %s, target %s', (offload, target, host) => {
  let pair: Pair;
  let atClient: Awaited<ReturnType<typeof watchClient>>;
  beforeAll(async () => {
    await lab.offload(offload);
    pair = await startPair(lab, ['-x', `80-${target}:80`, '--stats']);
    atClient = await watchClient(lab);
  });
  afterAll(async () => {
    const codes = await pair.stop();
    expect(await atClient.end(), 'nothing of the target reaches a client').toEqual([]);
    expect(codes, 'exit codes').toEqual([0, 0]);
  });

  test.each<[string, HttpLoad]>([
    ['keep-alive', { requests: 12_000, connections: 50, answerBytes: 6 }],
    ['Connection: close', { requests: 3000, connections: 30, keepsAlive: false, answerBytes: 6 }],
    ['downloads of 64 KiB', { path: '/large', requests: 1500, connections: 20, answerBytes: 65_536 }],
    ['uploads of 20 KB', { path: '/post', requests: 1000, connections: 20, bodyBytes: 20_000, answerBytes: 3 }],
  ])('%s', async (_, load) => {
    const before = servers.map((server) => server.requests().length);
    expect(await httpLoad(lab, { ...load, ...(host === undefined ? {} : { host }) })).toEqual({ answered: load.requests, failed: 0, surplusBytes: 0 });
    const counts = () => servers.map((server, index) => server.count() - before[index]!);
    await waitUntil(() => counts()[1]! >= load.requests, { what: 'the target has served as many', timeoutMs: 20_000 }).catch(() => {});
    expect(counts(), accountOf(pair.online)).toEqual([load.requests, load.requests]);
    const [atOnline, atTarget] = servers.map((server, index) => server.requests().slice(before[index]));
    const said = (requests: NginxRequest[]) =>
      count(requests, ({ peer, ...request }) => JSON.stringify({ client: peer.slice(0, peer.lastIndexOf(':')), ...request }));
    expect(said(atTarget!), 'client, request and size of the answer').toEqual(said(atOnline!));
    // A client that uses a port again may get another one at the target, where the first connection lingers; and where a client then uses
    // that other one as well, so may this connection.
    const [online, target] = [atOnline!, atTarget!].map((requests) => connectionsByPort(requests, load));
    const usedBefore = count(servers[0].requests().slice(0, before[0]), ({ peer }) => peer);
    let usedAgain = 0;
    let elsewhere = 0;
    for (const [port, connections] of online!) {
      usedAgain += connections - (usedBefore.has(port) ? 0 : 1);
      elsewhere += Math.max(0, connections - (target!.get(port) ?? 0));
    }
    expect(elsewhere, `connections from another port than the client’s, of which ${usedAgain} had been used before`).toBeLessThanOrEqual(2 * usedAgain);
  });
});
