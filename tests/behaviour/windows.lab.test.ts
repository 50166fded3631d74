// Room: windows, segment sizes, super-segments, and a kernel that will not send (docs/tcp-behaviour.md: rows 7 to 12).
import { ADDRESS, growthOf, waitUntil } from '@parallax/lab';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { watchClient } from '../delivery/support.ts';
import { establishedOn } from '../scenario/support.ts';
import { ACK, RST, recordHeaders, SYN } from './capture.ts';
import { answerBytesOf, PORT, requests, type ServerOptions, type Stage, serve, setStage, sysctl, talk } from './stage.ts';

let stage: Stage;
let hasSmallBuffers = false;
/** The target's server again, with receive buffers of a few kilobytes; a socket gets them when it begins to listen. */
async function shrinkBuffers(options: ServerOptions = {}): Promise<void> {
  hasSmallBuffers = true;
  await sysctl(stage.lab, 'target', 'net.ipv4.tcp_rmem', '4096 8192 8192');
  await stage.target.stop();
  stage.target = await serve(stage.lab, 'target', options);
}
afterEach(async () => {
  await stage.lab.loss(0);
  await stage.lab.offload('off');
  await stage.lab.mtu(1500);
  if (!hasSmallBuffers) return;
  hasSmallBuffers = false;
  await sysctl(stage.lab, 'target', 'net.ipv4.tcp_rmem', '4096 131072 6291456');
  await stage.target.stop();
  stage.target = await serve(stage.lab, 'target');
});

describe('on the link', () => {
  beforeAll(async () => {
    stage = await setStage('w');
  });
  afterAll(async () => stage.down());

  test('7: a closed window is probed: a lost window update does not stop the copy', async () => {
    await shrinkBuffers();
    stage.target.say('pause');
    const atTarget = await recordHeaders(stage.lab, 'target', `tcp port ${PORT}`);
    const talking = talk(stage.lab, requests(60_000));
    await waitUntil(() => stage.online.streams.length === 1, { what: 'the client is served' });
    await talking;
    await new Promise((resolve) => setTimeout(resolve, 1000)); // the window has closed by now
    await stage.lab.loss(100, 'out');
    stage.target.say('resume');
    await new Promise((resolve) => setTimeout(resolve, 500)); // the update is said, and lost
    expect(stage.target.streams).toEqual([]);
    await stage.lab.loss(0);
    const [online, target] = await stage.streams();
    expect(target).toEqual(online);
    const packets = await atTarget.take();
    const closed = packets.findIndex(({ from, window, flags }) => from.startsWith(ADDRESS.target) && window === 0 && (flags & ACK) !== 0);
    expect(closed, 'the target closed its window').toBeGreaterThan(0);
    const opened = packets.findIndex(({ from, window }, index) => index > closed && from.startsWith(ADDRESS.target) && window > 0);
    const between = packets.slice(closed, opened).filter(({ to }) => to.startsWith(ADDRESS.target));
    expect(
      between.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0),
      'nothing but probes goes into a closed window',
    ).toBeLessThan(10);
    expect(between.length, 'probes').toBeGreaterThan(0);
  });

  test('8: a slow reader with a small buffer gets every byte, and never more than its window', async () => {
    await shrinkBuffers({ readEveryMs: 20 });
    const atTarget = await recordHeaders(stage.lab, 'target', `tcp port ${PORT}`);
    const grown = await growthOf(stage.lab, 'target', async () => {
      await Promise.all(Array.from({ length: 10 }, () => talk(stage.lab, requests(90_000, 60_000, 20))));
      const [online, target] = await stage.streams(20_000);
      expect(online.length).toBe(10);
      expect(target).toEqual(online);
    });
    expect(grown('TcpExtTCPRcvQDrop') + grown('TcpExtTCPOFODrop')).toBe(0);
    // The right edge of the target's window, by connection (RFC 9293 §3.8.6).
    const windows = new Map<string, { scale: number; edge: number; smallestBytes: number }>();
    for (const { from, to, flags, seq, ack, window, windowScale, payloadBytes } of await atTarget.take()) {
      const known = windows.get(to);
      if ((flags & (SYN | ACK)) === (SYN | ACK)) windows.set(to, { scale: Math.max(windowScale, 0), edge: (ack + window) | 0, smallestBytes: window });
      else if (known !== undefined && (flags & ACK) !== 0) {
        const bytes = window * 2 ** known.scale;
        if (((ack + bytes - known.edge) | 0) > 0) known.edge = (ack + bytes) | 0;
        known.smallestBytes = Math.min(known.smallestBytes, bytes);
      }
      const theirs = windows.get(from);
      if (theirs !== undefined && payloadBytes > 1) expect((seq + payloadBytes - theirs.edge) | 0, 'bytes beyond the window').toBeLessThanOrEqual(0);
    }
    expect(windows.size).toBe(10);
    expect(Math.min(...[...windows.values()].map(({ smallestBytes }) => smallestBytes)), 'windows of a few segments').toBeLessThan(4 * 1460);
  });

  test('9: a target with an MTU of 1400: 1 MB arrives whole in segments that fit, no ICMP at the client', async () => {
    await stage.lab.mustExec('target', ['ip', 'link', 'set', 'eth0', 'mtu', '1400']);
    const atClient = await watchClient(stage.lab);
    const atTarget = await recordHeaders(stage.lab, 'target', `tcp port ${PORT}`);
    await talk(stage.lab, requests(1_000_000));
    const [online, target] = await stage.streams();
    expect(target).toEqual(online);
    const packets = await atTarget.take();
    expect(packets.find(({ flags }) => (flags & (SYN | ACK)) === (SYN | ACK))?.mssBytes).toBe(1360);
    const sizes = packets.filter(({ to }) => to.startsWith(ADDRESS.target)).map(({ ipBytes }) => ipBytes);
    expect(Math.max(...sizes)).toBe(1400);
    expect(await atClient.end()).toEqual([]);
  });

  test('9: on a path that swallows packets above 1300 bytes, uploads arrive whole all the same, and only the first has to find out', async () => {
    const inTarget = (script: string) => stage.lab.mustExec('target', ['nft', script]);
    await inTarget('table inet hole { chain in { type filter hook input priority 0; tcp dport 7000 meta length > 1300 drop; }; }');
    const atTarget = await recordHeaders(stage.lab, 'target', `tcp dst port ${PORT}`);
    await talk(stage.lab, requests(300_000));
    const first = await stage.streams(20_000);
    await talk(stage.lab, requests(100_000));
    const second = await stage.streams(20_000);
    await inTarget('delete table inet hole');
    expect(first[1]).toEqual(first[0]);
    expect(second[1]).toEqual(second[0]);
    const packets = await atTarget.take();
    const isSecond = ({ from }: { from: string }) => from !== packets[0]!.from;
    expect(packets.filter(({ ipBytes }) => ipBytes > 1300).filter(isSecond)).toEqual([]);
    expect(Math.max(...packets.filter(isSecond).map(({ ipBytes }) => ipBytes))).toBe(1280);
  });

  test('10, 11: offloads on: super-segments with unfinished checksums are copied byte for byte', async () => {
    await stage.lab.offload('on');
    const atOnline = await recordHeaders(stage.lab, 'online', `tcp dst port ${PORT} and host ${ADDRESS.client}`);
    await talk(stage.lab, requests(300_000, 2_000_000, 5));
    const [online, target] = await stage.streams();
    expect(target).toEqual(online);
    const captured = (await atOnline.take()).filter(({ to }) => to.startsWith(ADDRESS.online));
    expect(Math.max(...captured.map(({ ipBytes }) => ipBytes)), 'as the online server’s card gave them').toBeGreaterThan(10_000);
    expect(captured.some(({ hasValidChecksum }) => !hasValidChecksum)).toBe(true);
  });

  test('11: offloads off: every copy on the wire has its checksum', async () => {
    const atTarget = await recordHeaders(stage.lab, 'target', `tcp dst port ${PORT}`);
    const grown = await growthOf(stage.lab, 'target', async () => {
      await talk(stage.lab, requests(300_000, 20, 5));
      const [online, target] = await stage.streams();
      expect(target).toEqual(online);
    });
    const copies = await atTarget.take();
    expect(copies.length).toBeGreaterThan(100);
    expect(copies.filter(({ hasValidChecksum }) => !hasValidChecksum)).toEqual([]);
    expect(grown('TcpInCsumErrors')).toBe(0);
  });
});

describe('through raw sockets', () => {
  beforeAll(async () => {
    stage = await setStage('v', ['--tx', 'raw']);
  });
  afterAll(async () => stage.down());
  const failed = () =>
    stage.pair.online.lines
      .filter((line) => line.startsWith('{'))
      .reduce((sum, line) => sum + (JSON.parse(line) as { packets: { sendFailed: number } }).packets.sendFailed, 0);

  test('12: what the kernel refuses as too long (EMSGSIZE) is counted, and goes when it can', async () => {
    await stage.lab.offload('on'); // then packets above its MTU still arrive here
    const bytes = 40_000;
    const talking = talk(stage.lab, [
      ['send', 10],
      ['receive', answerBytesOf(10)],
      ['sleep', 1500],
      ['send', bytes],
      ['receive', answerBytesOf(bytes)],
      ['close'],
    ]);
    await waitUntil(() => establishedOn(stage.lab, 'target', PORT).length === 1, { what: 'the copy is open' });
    await stage.lab.mustExec('online', ['ip', 'link', 'set', 'eth0', 'mtu', '1300']);
    await talking;
    await waitUntil(() => failed() > 0, { what: 'refused packets are counted' });
    await stage.lab.mustExec('online', ['ip', 'link', 'set', 'eth0', 'mtu', '1500']);
    const [online, target] = await stage.streams(20_000);
    expect(target).toEqual(online);
  });

  test('12: what a rule of the host drops (EPERM) is counted, and goes when it may', async () => {
    const before = failed();
    await stage.lab.mustExec('online', ['iptables', '-A', 'OUTPUT', '-p', 'tcp', '-d', ADDRESS.target, '-j', 'DROP']);
    await talk(stage.lab, requests(10, 20));
    await waitUntil(() => failed() > before, { what: 'refused packets are counted' });
    await stage.lab.mustExec('online', ['iptables', '-F', 'OUTPUT']);
    const [online, target] = await stage.streams(20_000);
    expect(target).toEqual(online);
    expect(stage.pair.online.child.exitCode).toBeNull();
  });

  test('what leaves through raw sockets has its checksum too', async () => {
    const atTarget = await recordHeaders(stage.lab, 'target', `tcp dst port ${PORT}`);
    await talk(stage.lab, requests(100_000, 5));
    const [online, target] = await stage.streams();
    expect(target).toEqual(online);
    const copies = await atTarget.take();
    expect(copies.filter(({ hasValidChecksum, flags }) => !hasValidChecksum && (flags & RST) === 0)).toEqual([]);
  });
});
