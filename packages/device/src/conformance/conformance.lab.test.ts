// The same promises kept by every backend that touches a network, on a veth pair in namespaces made here. Needs root.
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CHECKSUM_PARTIAL, OUTGOING } from '../contract.ts';
import { HEADER_BYTES } from '../filters.ts';
import { type PacketWords, tcpPacket } from './packets.ts';
import { type FilterWords, pattern } from './puppet.ts';
import { waysIn } from './receivers.ts';
import { FAR, NEAR, Puppet, Stage } from './stage.ts';
import { collect, drained, toHex, until } from './wait.ts';

const PORT = 7000;
const SPOOFED = { ipv4: '10.77.0.99', ipv6: 'fd77::99' };
const MIRROR: FilterWords = {
  mirror: [
    { address: NEAR.ipv4, port: PORT },
    { address: NEAR.ipv6, port: PORT },
  ],
};
const FROM_FAR: FilterWords = { answers: [{ address: FAR.ipv4, port: 5 }] };
const hash = (bytes: number) => createHash('sha256').update(pattern(bytes)).digest('hex');

describe.each([...waysIn.map((rx) => [`ring ${rx}`, 'ring', rx] as const), ['pcap', 'pcap', 'auto'] as const])('%s', (name, io, rx) => {
  let stage: Stage;
  let near: Puppet;
  let far: Puppet;
  const open = (filter: FilterWords, options: { consume?: boolean; ringBytes?: number; interfaceName?: string; tx?: 'raw' } = {}) =>
    near.do('open', { interfaceName: NEAR.interfaceName, io, rx, filter, inject: true, storeBytes: 4096, consume: true, ...options });
  /** The far host sends, from any address it likes. */
  const farSends = (...packets: PacketWords[]) => far.do('inject', packets.map(tcpPacket).map(toHex));

  beforeAll(async () => {
    stage = new Stage(name.replace(' ', '-'));
    near = new Puppet(stage.near);
    far = new Puppet(stage.far);
    stage.run('near', 'nft add table inet quiet'); // the near host captures what comes from port 5 and does not answer
    stage.run('near', 'nft add chain inet quiet in { type filter hook input priority 0 ; }');
    stage.run('near', 'nft add rule inet quiet in tcp sport 5 drop');
    await near.do('listen', { address: '::', port: PORT });
    const toFar: FilterWords = { expression: `src host ${SPOOFED.ipv4} or src host ${SPOOFED.ipv6}` };
    await far.do('open', { interfaceName: FAR.interfaceName, io: 'ring', filter: toFar, inject: true, storeBytes: 0, consume: true });
    await far.do(
      'allow',
      [NEAR.ipv4, NEAR.ipv6].flatMap((address) => [PORT, PORT + 1].map((port) => ({ address, port }))),
    );
  }, 20_000);
  afterEach(() => near.do('close'));
  afterAll(async () => {
    await near?.end();
    await far?.end();
    stage?.remove();
  });

  test('a mirror filter takes requests whole and responses as headers, and never our own copies', async () => {
    await open(MIRROR);
    await near.do('allow', [{ address: FAR.ipv4, port: PORT }]);
    const copy = { from: NEAR.ipv4, to: FAR.ipv4, fromPort: 3000, toPort: PORT, payload: pattern(100) };
    await near.do('inject', [toHex(tcpPacket(copy))]);
    const payload = pattern(1000);
    const requests = [
      { from: FAR.ipv4, to: NEAR.ipv4, fromPort: 6, toPort: PORT, payload, optionWords: 2 },
      { from: FAR.ipv6, to: NEAR.ipv6, fromPort: 6, toPort: PORT, payload },
    ];
    await farSends({ from: FAR.ipv4, to: NEAR.ipv4, fromPort: 6, toPort: PORT + 1, payload }, ...requests);
    const all = await collect(near, 6); // two SYNs, two SYN-ACKs, two RSTs: the far host knows nothing of them
    const frames = all.map(({ hex, ...frame }) => ({
      ...frame,
      hex,
      packet: Buffer.from(hex, 'hex'),
      tcp: hex.startsWith('6') ? 40 : hex.startsWith('47') ? 28 : 20,
    }));
    const port = (side: 0 | 2) => (frame: (typeof frames)[number]) => frame.packet.readUInt16BE(frame.tcp + side);
    const incoming = frames.filter(({ flags }) => (flags & OUTGOING) === 0);
    const outgoing = frames.filter(({ flags }) => (flags & OUTGOING) !== 0);
    expect(incoming.map(port(2))).toEqual([PORT, PORT, PORT, PORT]);
    expect(outgoing.map(port(0))).toEqual([PORT, PORT]);
    const whole = incoming.filter(({ wireBytes }) => wireBytes > 1000);
    expect(whole.map(({ hex }) => hex.slice(40))).toEqual(requests.map((words) => toHex(tcpPacket(words)).slice(40))); // the kernel fills the IP id
  });

  test('responses are cut to their headers and say how long they were', async () => {
    await open({ mirror: [{ address: null, port: 7100 }] });
    await far.do('listen', { address: '0.0.0.0', port: 7101 });
    await near.do('listen', { address: '0.0.0.0', port: 7100 });
    await near.do('filter', { answers: [{ address: NEAR.ipv4, port: 7102 }] });
    await near.do('allow', [{ address: FAR.ipv4, port: 7101 }]);
    const response = { from: NEAR.ipv4, to: FAR.ipv4, fromPort: 7102, toPort: 7101, payload: pattern(1000) };
    await near.do('inject', [toHex(tcpPacket(response))]);
    const [frame] = await collect(near, 1);
    expect(frame).toMatchObject({ wireBytes: 1040, flags: OUTGOING });
    expect(frame!.hex.length / 2).toBe(HEADER_BYTES);
  });

  test.each([
    ['on', 4],
    ['on', 6],
    ['off', 4],
    ['off', 6],
  ] as const)('with offloads %s a stream over IPv%i is captured byte by byte, in whole frames', async (offloads, version) => {
    stage.offloads(offloads);
    await open(MIRROR);
    const bytes = 1 << 20;
    const startUs = Date.now() * 1000;
    await far.do('talk', { address: NEAR[`ipv${version}`], port: PORT, bytes });
    const stream = await until(
      () => near.do('stream', { port: PORT, version }),
      (soFar) => soFar.bytes === bytes,
    );
    expect(stream).toMatchObject({ bytes, sha256: hash(bytes), wholeFrames: true });
    if (offloads === 'on') expect(stream.longestBytes).toBeGreaterThan(10_000);
    else expect(stream.longestBytes).toBeLessThanOrEqual(1500);
    const frames = await near.do('frames');
    const times = frames.map(({ capturedAtUs }) => capturedAtUs);
    for (const direction of [0, OUTGOING]) {
      const inOrder = frames.filter(({ flags }) => (flags & OUTGOING) === direction).map(({ capturedAtUs }) => capturedAtUs);
      expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
    }
    expect(Math.min(...times)).toBeGreaterThan(startUs - 2000); // Date.now() cuts, and clocks step
    expect(Math.max(...times)).toBeLessThan(Date.now() * 1000 + 2000);
    if (io === 'ring') expect(frames.some(({ flags }) => (flags & CHECKSUM_PARTIAL) !== 0)).toBe(offloads === 'on');
    expect((await near.do('counters')).capture).toMatchObject({ captured: frames.length, dropped: 0, truncated: 0 });
  });

  test('what nobody takes is dropped and counted, and capture goes on afterwards', async () => {
    await open(FROM_FAR, { consume: false, ringBytes: 256 * 1024 });
    const sent = 6000; // more than fits, whatever holds it
    for (let seq = 0; seq < sent; seq += 500) {
      await farSends(...Array.from({ length: 500 }, (_, index) => ({ from: FAR.ipv4, to: NEAR.ipv4, fromPort: 5, toPort: PORT, seq: seq + index })));
    }
    const { capture } = await until(
      () => near.do('counters'),
      (counters) => counters.capture.dropped > 0,
    );
    expect(capture.captured).toBe(0);
    expect(capture.dropped).toBeGreaterThan(0);
    await near.do('consume');
    const kept = await until(
      () => near.do('counters'),
      (counters) => counters.capture.captured + counters.capture.dropped === sent,
    );
    expect(kept.capture.captured + kept.capture.dropped).toBe(sent);
    await near.do('frames');
    await farSends({ from: FAR.ipv4, to: NEAR.ipv4, fromPort: 5, toPort: PORT, seq: 77_777 });
    expect(await collect(near, 1)).toHaveLength(1);
  });

  // pcap has no times of the kernel.
  if (io === 'ring') {
    test('times are the kernel’s, however late frames are taken', async () => {
      await open(FROM_FAR, { consume: false });
      await new Promise((resolve) => setTimeout(resolve, 200)); // where the kernel begins to stamp by request, it does so soon, but not at once
      const fromMs = Date.now();
      await farSends({ from: FAR.ipv4, to: NEAR.ipv4, fromPort: 5, toPort: PORT }, { from: FAR.ipv4, to: NEAR.ipv4, fromPort: 5, toPort: PORT });
      const untilMs = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 300));
      await near.do('consume');
      const times = (await collect(near, 2)).map(({ capturedAtUs }) => capturedAtUs / 1000);
      expect(times).toHaveLength(2);
      expect(Math.min(...times)).toBeGreaterThan(fromMs - 2); // Date.now() cuts, and clocks step
      expect(Math.max(...times)).toBeLessThan(untilMs + 150);
    });
  }

  test('frames stay as they are until they are released, whatever comes meanwhile', async () => {
    await open({ expression: 'tcp src port 5' }, { consume: false, ringBytes: 256 * 1024 });
    const packet = (seq: number) => ({ from: FAR.ipv4, to: NEAR.ipv4, fromPort: 5, toPort: PORT, seq, payload: pattern(seq) });
    const first = [10, 500, 1000, 1400, 20].map(packet);
    await farSends(...first);
    const held = await until(
      () => near.do('hold'),
      ({ length }) => length > 0,
    );
    for (let seq = 0; seq < 3000; seq += 500) await farSends(...Array.from({ length: 500 }, (_, index) => packet((seq + index) % 1400)));
    expect(await near.do('held')).toEqual(held);
    await expect(near.do('hold')).rejects.toThrow('take before release');
    await near.do('letGo');
    await near.do('consume');
    const rest = await drained(near);
    const all = [...held, ...rest.map(({ hex }) => hex)].map((hex) => hex.slice(40));
    expect(all.slice(0, 5)).toEqual(first.map((words) => toHex(tcpPacket(words)).slice(40)));
  });

  test('packets arrive as written, from any source, over IPv4 and IPv6; refusals are counted and stop nothing', async () => {
    await open({ mirror: [] });
    await near.do('allow', [
      { address: FAR.ipv4, port: 9 },
      { address: FAR.ipv6, port: 9 },
    ]);
    await far.do('frames');
    const to4 = { from: SPOOFED.ipv4, to: FAR.ipv4, fromPort: 5, toPort: 9, payload: pattern(64) };
    const to6 = { ...to4, from: SPOOFED.ipv6, to: FAR.ipv6 };
    const packets: PacketWords[] = [
      { ...to4, seq: 1 },
      { ...to4, seq: 2, toPort: 10 }, // forbidden
      { ...to4, seq: 3, to: '10.77.0.3' }, // forbidden
      { ...to4, seq: 4, payload: pattern(3000) }, // larger than the MTU
      { ...to6, seq: 5 },
      { ...to6, seq: 6, to: 'fd77::3' }, // forbidden
      { ...to6, seq: 7, payload: pattern(3000) },
      { ...to4, seq: 8, payload: pattern(1460) },
      ...Array.from({ length: 300 }, (_, index) => ({ ...to4, seq: 9 + index })),
    ];
    const counters = await near.do('inject', packets.map(tcpPacket).map(toHex));
    expect(counters).toEqual({ sent: 303, failed: 2, forbidden: 3, failedBy: { EMSGSIZE: 2 } });
    const arrived = (await collect(far, 303)).map(({ hex }) => Buffer.from(hex, 'hex'));
    const seqs = (version: number) => arrived.filter((packet) => packet[0]! >> 4 === version).map((packet) => packet.readUInt32BE(version === 4 ? 24 : 44));
    expect(seqs(4)).toEqual([1, 8, ...Array.from({ length: 300 }, (_, index) => 9 + index)]);
    expect(seqs(6)).toEqual([5]);
    const bodies = [packets[7]!, packets[4]!].map((words) => toHex(tcpPacket(words)).slice(40));
    for (const body of bodies) expect(arrived.some((packet) => packet.toString('hex').endsWith(body))).toBe(true);
  });

  test('a packet that the firewall refuses is counted as EPERM', async () => {
    await open({ mirror: [] }, { tx: 'raw' });
    await near.do('allow', [{ address: FAR.ipv4, port: 9 }]);
    stage.run('near', 'nft add table ip plx');
    stage.run('near', 'nft add chain ip plx out { type filter hook output priority 0 ; }');
    stage.run('near', 'nft add rule ip plx out tcp dport 9 drop');
    try {
      const packet = toHex(tcpPacket({ from: SPOOFED.ipv4, to: FAR.ipv4, fromPort: 5, toPort: 9 }));
      expect(await near.do('inject', [packet, packet])).toEqual({ sent: 0, failed: 2, forbidden: 0, failedBy: { EPERM: 2 } });
    } finally {
      stage.run('near', 'nft delete table ip plx');
    }
  });

  test('a new filter takes effect while capturing', async () => {
    await open({ mirror: [] });
    const packet = { from: FAR.ipv4, to: NEAR.ipv4, fromPort: 5, toPort: PORT };
    await farSends({ ...packet, seq: 1 });
    await near.do('filter', FROM_FAR);
    await farSends({ ...packet, seq: 2 });
    expect((await collect(near, 1)).map(({ hex }) => Buffer.from(hex, 'hex').readUInt32BE(24))).toEqual([2]);
  });

  test('the garbage collector does not end a capture', async () => {
    await open(FROM_FAR);
    for (let round = 1; round <= 3; round++) {
      await near.do('collectGarbage');
      await farSends({ from: FAR.ipv4, to: NEAR.ipv4, fromPort: 5, toPort: PORT, seq: round });
      expect(await collect(near, 1)).toHaveLength(1);
    }
  });

  test('captures that were closed leave nothing behind that the garbage collector trips over', async () => {
    for (let round = 0; round < 20; round++) {
      await open(FROM_FAR, { ringBytes: 256 * 1024 });
      await near.do('close');
      await near.do('collectGarbage');
    }
    await open(FROM_FAR);
    await farSends({ from: FAR.ipv4, to: NEAR.ipv4, fromPort: 5, toPort: PORT });
    expect(await collect(near, 1)).toHaveLength(1);
  });

  test('"any" captures on every interface, whatever its link header', async () => {
    await open(FROM_FAR, { interfaceName: 'any' });
    const packet = { from: FAR.ipv4, to: NEAR.ipv4, fromPort: 5, toPort: PORT, payload: pattern(50) };
    await farSends(packet);
    const [frame] = await collect(near, 1);
    expect(frame).toMatchObject({ wireBytes: 90, flags: 0 });
    expect(frame!.hex.slice(40)).toBe(toHex(tcpPacket(packet)).slice(40));
  });

  test('idle costs next to nothing', async () => {
    await open(FROM_FAR);
    await farSends({ from: FAR.ipv4, to: NEAR.ipv4, fromPort: 5, toPort: PORT });
    await collect(near, 1);
    const before = await near.do('cpuUs');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await near.do('cpuUs')) - before).toBeLessThan(30_000); // 3 %, most of it the two questions
  });

  test('closed, nothing is captured any more and the memory is still readable', async () => {
    await open(MIRROR);
    expect(stage.run('near', 'cat /proc/net/packet').trim().split('\n')).toHaveLength(io === 'ring' ? 3 : 2); // the heading, capture, and the link's sender
    await near.do('close');
    expect(stage.run('near', 'cat /proc/net/packet').trim().split('\n')).toHaveLength(1); // the heading
  });

  test('an interface that does not exist is answered with those that do', async () => {
    const words = near.do('open', { interfaceName: 'eth7', io, filter: MIRROR, inject: false, storeBytes: 0, consume: false });
    await expect(words).rejects.toThrow('no interface "eth7": this host has lo, near');
  });

  test('without CAP_NET_RAW the error says what is missing and what to do', async () => {
    const powerless = new Puppet(stage.near, []);
    try {
      const words = powerless.do('open', { interfaceName: NEAR.interfaceName, io, filter: MIRROR, inject: false, storeBytes: 0, consume: false });
      await expect(words).rejects.toThrow('cannot capture on near: CAP_NET_RAW is missing; run as root or grant it with setcap');
    } finally {
      await powerless.end();
    }
  });
});
