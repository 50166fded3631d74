// Routes, rules and odd packets around a mapping (docs/tcp-behaviour.md: rows 37, 40, 41, 43, 44).

import { fileURLToPath } from 'node:url';
import { ADDRESS, growthOf, waitUntil } from '@parallax/lab';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { tcpPacket } from '../../packages/device/src/conformance/packets.ts';
import { watchClient } from '../delivery/support.ts';
import { establishedOn, lastStats, nextStats, startPair } from '../scenario/support.ts';
import { ACK, PSH, RST, recordHeaders } from './capture.ts';
import { answerBytesOf, PORT, requests, type Stage, type StreamServer, serve, setStage, sysctl, talk, talkAndPause } from './stage.ts';

let stage: Stage;
let atClient: Awaited<ReturnType<typeof watchClient>>;
beforeAll(async () => {
  stage = await setStage('r', ['--tx', 'raw']);
});
afterAll(async () => stage.down());
beforeEach(async () => {
  await stage.streams(0);
  atClient = await watchClient(stage.lab);
});
afterEach(async () => {
  await stage.lab.route('on');
});

const on = (host: 'online' | 'target' | 'client' | 'assistant', script: string) => stage.lab.mustExec(host, ['sh', '-euc', script]);
const expectMirrored = async (...lengths: number[]) => {
  const peer = `${ADDRESS.client}:${await talk(stage.lab, requests(...lengths))} `;
  const streamsOf = (server: StreamServer) => server.streams.filter((line) => line.startsWith(peer)); // what a test before has left may end now
  await waitUntil(() => streamsOf(stage.target).length > 0, { what: 'the copy has ended' });
  expect(streamsOf(stage.online)).toHaveLength(1);
  expect(streamsOf(stage.target)).toEqual(streamsOf(stage.online));
};

test('41: without the route answers reach the client, whose kernel resets the copy; with it none does', async () => {
  await stage.lab.route('off');
  await talk(stage.lab, requests(10, 20));
  const leaked = await atClient.end();
  expect(
    leaked.some((line) => line.includes(`${ADDRESS.target}.${PORT} >`)),
    'this test can see a leak',
  ).toBe(true);
  expect(establishedOn(stage.lab, 'target', PORT)).toEqual([]);
  await stage.lab.route('on');
  await stage.streams(0);
  atClient = await watchClient(stage.lab);
  await expectMirrored(10, 20);
  expect(await atClient.end()).toEqual([]);
});

test('41: the rule by port leads only that port’s answers away', async () => {
  await stage.lab.route('off');
  await on('target', `ip route add default via ${ADDRESS.assistant} table 36524; ip rule add ipproto tcp sport ${PORT} lookup 36524`);
  await expectMirrored(10, 3000);
  expect(await atClient.end()).toEqual([]);
  const other = await serve(stage.lab, 'target', { port: PORT + 1 });
  await talk(stage.lab, requests(10), { host: ADDRESS.target, port: PORT + 1 });
  await other.stop();
  await on('target', `ip rule del ipproto tcp sport ${PORT} lookup 36524; ip route flush table 36524`);
});

test('43: a strict reverse path filter on the target passes copies, with the route and with the rule', async () => {
  const filters = ['all', 'eth0'].map((scope) => `net.ipv4.conf.${scope}.rp_filter`);
  for (const key of filters) await sysctl(stage.lab, 'target', key, 1);
  const grown = await growthOf(stage.lab, 'target', async () => {
    await expectMirrored(10);
    await stage.lab.route('off');
    await on('target', `ip route add default via ${ADDRESS.assistant} table 36524; ip rule add ipproto tcp sport ${PORT} lookup 36524`);
    await expectMirrored(20);
  });
  expect(grown('TcpExtIPReversePathFilter')).toBe(0);
  await on('target', `ip rule del ipproto tcp sport ${PORT} lookup 36524; ip route flush table 36524`);
  for (const key of filters) await sysctl(stage.lab, 'target', key, 0);
  expect(await atClient.end()).toEqual([]);
});

test('40: a target on the online server itself, on another port: no copy is copied', async () => {
  const [listen, port] = [PORT + 2, PORT + 3];
  const servers = [await serve(stage.lab, 'online', { port: listen }), await serve(stage.lab, 'online', { port })] as const;
  await on('online', `ip route add default via ${ADDRESS.assistant} table 36524; ip rule add ipproto tcp sport ${port} lookup 36524`);
  const pair = await startPair(stage.lab, ['-x', `${listen}-${ADDRESS.online}:${port}`, '-s', `${ADDRESS.assistant}:36525`], ['-p', '36525']);
  await Promise.all(Array.from({ length: 5 }, (_, index) => talk(stage.lab, requests(100 + index, 5000), { port: listen })));
  await waitUntil(() => servers[1].streams.length >= 5, { what: 'the copies have arrived' });
  await new Promise((resolve) => setTimeout(resolve, 500)); // a loop would go on
  expect([...servers[1].streams].sort()).toEqual([...servers[0].streams].sort());
  expect(await pair.stop()).toEqual([0, 0]);
  for (const server of servers) await server.stop();
  await on('online', `ip rule del ipproto tcp sport ${port} lookup 36524; ip route flush table 36524`);
  expect(await atClient.end()).toEqual([]);
});

/** Say a frame (and then a reset) on an open connection in the client's name, as these packets; the client's own kernel knows nothing of it. */
async function sayInItsName(packetsOf: (segment: Uint8Array) => Uint8Array[], withOptions: number): Promise<string> {
  await sysctl(stage.lab, 'client', 'net.ipv4.tcp_timestamps', 0);
  const recording = await recordHeaders(stage.lab, 'client', `tcp port ${PORT}`);
  const { delivered } = (await nextStats(stage.pair.online)).ledger.exchanges;
  const client = await talkAndPause(
    stage.lab,
    [
      ['send', 10],
      ['receive', answerBytesOf(10)],
    ],
    [['reset']],
  );
  await waitUntil(() => lastStats(stage.pair.online)!.ledger.exchanges.delivered > delivered, { what: 'the copy is answered' });
  const said = (await recording.take()).filter(({ to }) => to === `${ADDRESS.online}:${PORT}`);
  const [address = '', port = ''] = said[0]!.from.split(':');
  const next = said.map(({ seq, payloadBytes }) => (seq + payloadBytes) | 0).at(-1)!;
  const words = { from: address, to: ADDRESS.online, fromPort: Number(port), toPort: PORT, ack: said.at(-1)!.ack };
  const payload = new Uint8Array(1004).fill(7);
  new DataView(payload.buffer).setUint32(0, 1000);
  const frame = tcpPacket({ ...words, seq: next, flags: PSH | ACK, payload, optionWords: withOptions });
  const reset = tcpPacket({ ...words, seq: next + payload.length, flags: RST | ACK });
  const send = (...packets: Uint8Array[]) =>
    stage.lab.mustExec('client', [
      process.execPath,
      fileURLToPath(new URL('./send-packets.mjs', import.meta.url)),
      ADDRESS.online,
      ...packets.map((packet) => Buffer.from(packet).toString('hex')),
    ]);
  await send(...packetsOf(frame));
  await new Promise((resolve) => setTimeout(resolve, 500));
  await send(reset);
  await client.goOn();
  await sysctl(stage.lab, 'client', 'net.ipv4.tcp_timestamps', 1);
  return `${address}:${port}`;
}

test('37: a segment in IP fragments is not copied: the copy ends at once as a gap, the next session is copied', async () => {
  const before = stage.endings().unfillableGap;
  await sayInItsName((segment) => {
    const parts = [segment.slice(0, 20 + 512), new Uint8Array([...segment.slice(0, 20), ...segment.slice(20 + 512)])];
    new DataView(parts[0]!.buffer).setUint16(6, 0x2000); // more fragments (RFC 791 §3.1)
    new DataView(parts[1]!.buffer).setUint16(6, 512 / 8);
    for (const part of parts) part[5] = 99; // identification
    return parts;
  }, 0);
  const [online, target] = await stage.streams();
  expect(online.length).toBe(1);
  expect(online[0], 'the online server put it together').toContain(' 1018 ');
  expect(target[0], 'the target got what came before').toContain(' 14 ');
  await waitUntil(() => stage.endings().unfillableGap === before + 1, { what: 'the gap is in the ledger' });
  expect(establishedOn(stage.lab, 'target', PORT)).toEqual([]);
  await expectMirrored(10);
  expect(await atClient.end()).toEqual([]);
});

test('37: a segment behind IP options is copied', async () => {
  await sayInItsName((segment) => [segment], 2);
  const [online, target] = await stage.streams();
  expect(online.length).toBe(1);
  expect(online[0]).toContain(' 1018 ');
  expect(target).toEqual(online);
  expect(await atClient.end()).toEqual([]);
});

test('44: connection tracking: the documented rule keeps copies out of the table, and a full table does not stop them', async () => {
  const count = async () => Number(await on('online', 'cat /proc/sys/net/netfilter/nf_conntrack_count'));
  await on(
    'online',
    `nft add table ip track; nft 'add chain ip track input { type filter hook input priority 0; }'; nft 'add rule ip track input ct state new counter'`,
  );
  const many = (sessions: number) => Promise.all(Array.from({ length: sessions }, (_, index) => talk(stage.lab, requests(10 + index))));
  const before = await count();
  await many(5);
  const tracked = (await count()) - before;
  expect(tracked, 'each session and its copy').toBeGreaterThanOrEqual(10);
  await on(
    'online',
    `nft add table inet parallax; nft 'add chain inet parallax output { type filter hook output priority raw; }'
     nft add rule inet parallax output ip daddr ${ADDRESS.target} tcp dport ${PORT} notrack`,
  );
  const between = await count();
  await many(5);
  expect((await count()) - between, 'the sessions alone').toBeLessThan(10);
  await stage.streams();

  // A session that is open while the table fills: the kernel knows it, and has no room for anything new.
  const client = await talkAndPause(
    stage.lab,
    [
      ['send', 10],
      ['receive', answerBytesOf(10)],
    ],
    requests(3000, 20),
  );
  await waitUntil(() => establishedOn(stage.lab, 'target', PORT).length === 1, { what: 'its copy is open' });
  const most = Number(await on('online', 'cat /proc/sys/net/netfilter/nf_conntrack_max'));
  const fill = `const dgram = require('node:dgram'); let left = ${most} + 5000; const sockets = [];
    const next = () => { const socket = dgram.createSocket('udp4'); sockets.push(socket);
      socket.bind(0, () => { let port = 1024; const burst = () => { for (let i = 0; i < 500 && left > 0 && port < 65536; i++, left--) socket.send('x', port++, '${ADDRESS.assistant}');
        if (left <= 0) setTimeout(() => process.exit(0), 300); else if (port < 65536) setImmediate(burst); else next(); }; burst(); }); };
    next();`;
  await stage.lab.exec('online', [process.execPath, '-e', fill], { timeoutMs: 20_000 });
  expect(await count(), 'the table is full').toBeGreaterThan(most * 0.98);
  await client.goOn();
  const [online, target] = await stage.streams();
  expect(online.length).toBe(1);
  expect(target).toEqual(online);
  await on('online', 'nft delete table inet parallax; nft delete table ip track');
  expect(await atClient.end()).toEqual([]);
});
