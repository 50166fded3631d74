// What only the ring promises, in every way of receiving, and that all see the same as pcap. Needs root.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AFTER_LOSS, OUTGOING } from '../contract.ts';
import { type PacketWords, tcpPacket } from './packets.ts';
import { type CapturedFrame, type FilterWords, pattern } from './puppet.ts';
import { waysIn } from './receivers.ts';
import { FAR, NEAR, Puppet, Stage } from './stage.ts';
import { collect, drained, toHex, until } from './wait.ts';

const PORT = 7000;
const MIRROR: FilterWords = { mirror: [{ address: NEAR.ipv4, port: PORT }] };
const FROM_FAR: FilterWords = { answers: [{ address: FAR.ipv4, port: 5 }] };
const hash = (bytes: number) => createHash('sha256').update(pattern(bytes)).digest('hex');

let stage: Stage;
let near: Puppet;
let other: Puppet; // on the near host too
let far: Puppet;
const ring = { interfaceName: NEAR.interfaceName, io: 'ring', inject: true, storeBytes: 4096, consume: true } as const;
const farSends = (...packets: PacketWords[]) => far.do('inject', packets.map(tcpPacket).map(toHex));
const probe = (seq: number): PacketWords => ({ from: FAR.ipv4, to: NEAR.ipv4, fromPort: 5, toPort: PORT, seq });

beforeAll(async () => {
  stage = new Stage('pair');
  stage.offloads('on');
  near = new Puppet(stage.near);
  other = new Puppet(stage.near, ['net_raw']);
  far = new Puppet(stage.far);
  execFileSync('taskset', ['-a', '-cp', '0', `${far.pid}`]); // what one core sends arrives in order
  await far.do('listen', { address: '::', port: PORT });
  await near.do('listen', { address: '::', port: PORT });
  await far.do('open', { ...ring, interfaceName: FAR.interfaceName, filter: { mirror: [] } });
  await far.do(
    'allow',
    [1, 2, 3].map((step) => ({ address: NEAR.ipv4, port: PORT - 1 + step })),
  );
}, 20_000);
afterEach(async () => {
  await near.do('close');
  await other.do('close');
});
afterAll(async () => {
  await near?.end();
  await other?.end();
  await far?.end();
  stage?.remove();
});

test.each(waysIn)('%s and pcap see the same frames', async (rx) => {
  await near.do('open', { ...ring, rx, filter: MIRROR });
  await other.do('open', { ...ring, io: 'pcap', filter: MIRROR });
  const packets = Array.from({ length: 60 }, (_, index): PacketWords => {
    const optionWords = index % 4;
    return { ...probe(index), fromPort: 6 + (index % 3), toPort: PORT + (index % 3), optionWords, payload: pattern((index * 97) % 1400) };
  });
  await farSends(...packets);
  // 20 SYNs in, 20 SYN-ACKs out, 20 RSTs in
  const [byRing, byPcap] = [await collect(near, 60), await collect(other, 60)].map((frames) =>
    frames.map(({ hex, wireBytes, flags }) => ({ hex, wireBytes, outgoing: flags & OUTGOING })),
  );
  expect(byRing).toHaveLength(60);
  expect(byPcap).toEqual(byRing);
});

test.each(waysIn)('%s: super-segments that wait are recovered in order, however many', async (rx) => {
  await near.do('open', { ...ring, rx, filter: MIRROR, consume: false, ringBytes: rx === 'v3' ? 64 << 20 : 16 << 20 }); // blocks have no spill
  const bytes = 12 << 20;
  await far.do('talk', { address: NEAR.ipv4, port: PORT, bytes });
  await near.do('consume');
  const stream = await until(
    () => near.do('stream', { port: PORT, version: 4 }),
    (soFar) => soFar.bytes === bytes,
  );
  expect(stream).toMatchObject({ bytes, sha256: hash(bytes), wholeFrames: true });
  expect((await near.do('counters')).capture).toMatchObject({ dropped: 0, truncated: 0 });
});

test('without CAP_NET_ADMIN it works with smaller buffers, and says what did not fit into them', async () => {
  await near.do('listen', { address: '0.0.0.0', port: PORT + 10 });
  await other.do('open', { ...ring, rx: 'v2', filter: { mirror: [{ address: NEAR.ipv4, port: PORT + 10 }] }, consume: false });
  const bytes = 48 << 20;
  await far.do('talk', { address: NEAR.ipv4, port: PORT + 10, bytes });
  await other.do('consume');
  const taken: number[] = [];
  const { capture } = await until(
    () => other.do('counters'),
    (counters) => taken.push(counters.capture.captured) > 1 && taken.at(-1) === taken.at(-2),
  );
  expect(capture.truncated).toBeGreaterThan(0);
  const cut = (await other.do('frames')).filter(({ hex, wireBytes, flags }) => hex.length / 2 < wireBytes && (flags & OUTGOING) === 0);
  expect(cut).toHaveLength(capture.truncated);
});

describe.each(waysIn)('%s: lost frames', (rx) => {
  /** Far more than 256 KiB have room for, in calls that the sender's queues can hold. */
  async function overflow(): Promise<void> {
    await near.do('open', { ...ring, rx, filter: FROM_FAR, ringBytes: 1 << 18, consume: false });
    const before = received();
    for (let call = 0; call < 60; call++) await farSends(...Array.from({ length: 100 }, (_, index) => unanswered(call * 100 + index)));
    expect(
      await until(
        async () => received() - before,
        (count) => count >= 6000,
      ),
      'all that was sent has been captured or lost',
    ).toBeGreaterThanOrEqual(6000);
  }

  /** IP packets that the near host's kernel has received, each after it was captured (InReceives of /proc/net/snmp). */
  const received = (): number => Number(/^Ip: \d+ \d+ (\d+)/m.exec(stage.run('near', 'cat /proc/net/snmp'))![1]);

  /** A probe of which only one frame passes FROM_FAR: nobody listens, and nobody minds the reset. */
  const unanswered = (seq: number): PacketWords => ({ ...probe(seq), toPort: PORT + 1, payload: pattern(300) });

  async function lossFlagOfNext(): Promise<number[]> {
    await farSends(unanswered(1));
    const frames = await collect(near, 1);
    expect(frames.map(({ wireBytes }) => wireBytes)).toEqual([340]);
    return frames.map(({ flags }) => flags & AFTER_LOSS);
  }

  const seqOf = ({ hex }: CapturedFrame): number => Number.parseInt(hex.slice(48, 56), 16);
  /**
   * Which of the frames say that some were lost right before them, and before which some are missing: the sender says 0, 1, 2, ... With v3 that may be one
   * amid what waits: the kernel looks for room without a lock, and finds none while a timer on the other core closes a block (tpacket_rcv).
   */
  const saidLosses = (frames: CapturedFrame[]) => frames.filter(({ flags }) => (flags & AFTER_LOSS) !== 0).map(seqOf);
  const losses = (frames: CapturedFrame[]) => frames.map(seqOf).filter((seq, index, all) => seq !== (all[index - 1] ?? -1) + 1);

  test('what comes behind them says so, and nothing before', async () => {
    await overflow();
    await near.do('consume');
    const waiting = await drained(near);
    expect(waiting.length).toBeGreaterThan(0);
    if (rx === 'v2') expect(waiting).toHaveLength(512);
    expect(saidLosses(waiting)).toEqual(losses(waiting));
    const next = [await lossFlagOfNext(), await lossFlagOfNext(), await lossFlagOfNext()];
    expect([next[0], next[2]]).toEqual([[AFTER_LOSS], [0]]);
    if (rx !== 'v3') expect(next[1]).toEqual([0]); // a block that was open while losses were counted may lie behind some as well
    expect((await near.do('counters')).capture.dropped).toBe(6000 - waiting.length);
  });

  test('also when they were counted while frames waited', async () => {
    await overflow();
    const { dropped } = (await near.do('counters')).capture;
    expect(dropped).toBeGreaterThan(1000);
    await near.do('consume');
    const waiting = await drained(near);
    expect(waiting).toHaveLength(6000 - dropped);
    expect(saidLosses(waiting)).toEqual(rx === 'v2' ? waiting.map(seqOf) : losses(waiting)); // a ring of frames no longer knows the place: all that waited say so
    const next = [await lossFlagOfNext(), await lossFlagOfNext(), await lossFlagOfNext()];
    expect([next[0], next[2]]).toEqual([[AFTER_LOSS], [0]]); // the backlog may be found empty only at the second
  });
});

test('what the queueing discipline drops is not counted as sent', async () => {
  await near.do('open', { ...ring, filter: { mirror: [] } });
  await near.do('allow', [
    { address: FAR.ipv4, port: 9 },
    { address: FAR.ipv6, port: 9 },
  ]);
  const packets = [
    { from: '10.77.0.99', to: FAR.ipv4, fromPort: 5, toPort: 9, seq: 77, payload: pattern(500) },
    { from: 'fd77::99', to: FAR.ipv6, fromPort: 5, toPort: 9, seq: 78, payload: pattern(500) },
  ].map((words) => toHex(tcpPacket(words)));
  await near.do('inject', packets);
  await until(
    async () => stage.run('near', 'ip neigh'),
    (neighbours) => !neighbours.includes('INCOMPLETE') && neighbours.includes(FAR.ipv6),
  );
  const before = await near.do('inject', packets);
  expect(before).toMatchObject({ sent: 4, failed: 0 });
  stage.run('near', 'tc qdisc add dev near root tbf rate 8kbit burst 2000 limit 2000');
  try {
    const counters = await near.do('inject', [...Array(50).fill(packets[0]), ...Array(50).fill(packets[1])]);
    expect(counters.sent + counters.failed).toBe(104);
    expect(counters.failed).toBeGreaterThan(85);
    expect(counters.failedBy).toEqual({ ENOBUFS: counters.failed });
    const unsent = await near.do('unsent');
    expect(unsent).toHaveLength(counters.failed);
    expect(new Set(unsent)).toEqual(new Set([77, 78]));
  } finally {
    stage.run('near', 'tc qdisc del dev near root');
  }
});

test.each(waysIn)('%s: capture goes on after the interface was down', async (rx) => {
  await near.do('open', { ...ring, rx, filter: FROM_FAR });
  stage.run('near', 'ip link set near down');
  await new Promise((resolve) => setTimeout(resolve, 100));
  const before = await near.do('cpuUs');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await near.do('cpuUs')) - before).toBeLessThan(30_000); // no spinning on the error
  stage.run('near', 'ip link set near up');
  let seq = 0;
  const frames = await until(
    async () => {
      await farSends(probe(++seq));
      return collect(near, 1, 200);
    },
    (some) => some.length > 0,
  );
  expect(frames.length).toBeGreaterThan(0);
});

test('auto takes the ring, or pcap where the ring cannot be made, and says why', async () => {
  const first = await near.do('open', { ...ring, io: 'auto', filter: FROM_FAR });
  expect(first).toMatchObject({ backend: 'ring', why: 'packet ring of 16 MiB on near, sending on the link where the next hop is known' });
  await near.do('close');
  const second = await near.do('open', { ...ring, io: 'auto', filter: FROM_FAR, ringBytes: 65 << 20 });
  expect(second.backend).toBe('pcap');
  expect(second.why).toContain('because the packet ring cannot be opened: a packet ring of 68157440 bytes is outside 1-67108864');
});

const addressSpaceOf = ({ pid }: Puppet): number => Number(/VmSize:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

test('where a sandbox forbids to map a ring, auto receives messages, and nothing is left of what was begun', async () => {
  const confined = new Puppet(stage.near);
  try {
    await confined.do('open', { ...ring, rx: 'recvmmsg', filter: FROM_FAR });
    await confined.do('close');
    await confined.do('refuseRings');
    const before = addressSpaceOf(confined);
    const { why } = await confined.do('open', { ...ring, filter: FROM_FAR });
    expect(why).toMatch(/^recvmmsg with .* on near, because there is no packet ring to be had: mmap of the packet ring failed with EPERM; sending/);
    expect(addressSpaceOf(confined) - before).toBeLessThan(16 << 20); // a ring with what belongs to it takes 20.5 MiB
    expect(stage.run('near', 'cat /proc/net/packet').trim().split('\n')).toHaveLength(3); // the heading, capture, and the link's sender
    await farSends({ ...probe(4243), toPort: PORT + 1 });
    expect(await collect(confined, 1)).toHaveLength(1);
    await confined.do('close');
    const words = 'cannot receive by --rx v3 on near: mmap of the packet ring failed with EPERM; give --rx recvmmsg, which needs no ring, or --rx auto';
    await expect(confined.do('open', { ...ring, rx: 'v3', filter: FROM_FAR })).rejects.toThrow(words);
  } finally {
    await confined.end();
  }
});

describe('where the address space has no room for a ring', () => {
  let poor: Puppet;
  beforeAll(async () => {
    poor = new Puppet(stage.near);
    await poor.do('open', { ...ring, rx: 'recvmmsg', filter: FROM_FAR }); // with all that comes with the first
    await poor.do('close');
    execFileSync('prlimit', ['--pid', `${poor.pid}`, `--as=${addressSpaceOf(poor) + (14 << 20)}`]); // a ring, its spill and what follows take 20.5 MiB, messages 4.7
  });
  afterAll(() => poor?.end());

  test('auto receives messages, and says what stood in the way', async () => {
    const { backend, why } = await poor.do('open', { ...ring, io: 'auto', filter: FROM_FAR });
    expect(backend).toBe('ring');
    expect(why).toMatch(
      /^recvmmsg with \d+ MiB of the kernel’s buffers on near, because there is no packet ring to be had: mmap of \d+ bytes failed with ENOMEM; sending on the link/,
    );
    await farSends({ ...probe(4242), toPort: PORT + 1, payload: pattern(1000) });
    const [frame] = await collect(poor, 1);
    expect(frame).toMatchObject({ wireBytes: 1040, flags: 0 });
    await poor.do('close');
  });

  test.each(['v2', 'v3'] as const)('%s is refused, with what to give instead', async (rx) => {
    const words = new RegExp(
      `^cannot receive by --rx ${rx} on near: mmap of \\d+ bytes failed with ENOMEM; give --rx recvmmsg, which needs no ring, or --rx auto$`,
    );
    await expect(poor.do('open', { ...ring, io: 'auto', rx, filter: FROM_FAR })).rejects.toThrow(words);
    expect(stage.run('near', 'cat /proc/net/packet').trim().split('\n')).toHaveLength(1); // the heading: no socket is left behind
  });
});

test('which offloads are on is what ethtool says, without a privilege', async () => {
  const names: Record<string, string> = {
    'receive checksums': 'rx-checksumming',
    'transmit checksums': 'tx-checksumming',
    TSO: 'tcp-segmentation-offload',
    GSO: 'generic-segmentation-offload',
    GRO: 'generic-receive-offload',
    LRO: 'large-receive-offload',
  };
  try {
    for (const state of ['off', 'on'] as const) {
      stage.offloads(state);
      const told = stage.run('near', `ethtool -k ${NEAR.interfaceName}`);
      const on = Object.keys(names).filter((name) => new RegExp(`^${names[name]}: on`, 'm').test(told));
      expect(on).toHaveLength(state === 'off' ? 1 : 5);
      expect(await other.do('offloads', NEAR.interfaceName)).toEqual(on);
    }
    for (const nowhere of ['any', 'a-name-of-sixteen']) expect(await other.do('offloads', nowhere)).toBeNull();
  } finally {
    stage.offloads('on');
  }
});

test('a way of the ring is none of pcap', async () => {
  await expect(near.do('open', { ...ring, io: 'pcap', rx: 'v3', filter: FROM_FAR })).rejects.toThrow(
    '--rx v3 says how the ring receives, and --io pcap has none',
  );
});

test.each(waysIn)('%s: opening and closing many times leaves no socket behind', async (rx) => {
  const sockets = () => stage.run('near', 'cat /proc/net/packet').trim().split('\n').length;
  const before = sockets();
  for (let round = 0; round < 10; round++) {
    await near.do('open', { ...ring, rx, filter: FROM_FAR, ringBytes: 1 << 20 });
    await near.do('close');
  }
  expect(sockets()).toBe(before);
});
