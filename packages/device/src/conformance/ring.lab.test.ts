// What only the ring promises, and that both backends see the same. Needs root.
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { AFTER_LOSS, OUTGOING } from '../contract.ts';
import { type PacketWords, tcpPacket } from './packets.ts';
import { type FilterWords, pattern } from './puppet.ts';
import { FAR, NEAR, Puppet, Stage } from './stage.ts';
import { collect, toHex, until } from './wait.ts';

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

test('ring and pcap see the same frames', async () => {
  await near.do('open', { ...ring, filter: MIRROR });
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

test('super-segments that wait are recovered in order, also when they are more than the spill holds', async () => {
  await near.do('open', { ...ring, filter: MIRROR, consume: false });
  const bytes = 12 << 20;
  await far.do('talk', { address: NEAR.ipv4, port: PORT, bytes });
  await near.do('consume');
  const stream = await until(
    () => near.do('stream', PORT),
    (soFar) => soFar.bytes === bytes,
  );
  expect(stream).toMatchObject({ bytes, sha256: hash(bytes), wholeFrames: true });
  expect((await near.do('counters')).capture).toMatchObject({ dropped: 0, truncated: 0 });
});

test('without CAP_NET_ADMIN it works with smaller buffers, and says what did not fit into them', async () => {
  await near.do('listen', { address: '0.0.0.0', port: PORT + 10 });
  await other.do('open', { ...ring, filter: { mirror: [{ address: NEAR.ipv4, port: PORT + 10 }] }, consume: false });
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

/** Far more than a ring of 256 KiB has frames, in calls that the sender's queues can hold. */
async function overflow(): Promise<void> {
  for (let call = 0; call < 20; call++) await farSends(...Array.from({ length: 100 }, (_, index) => unanswered(call * 100 + index)));
}

/** A probe of which only one frame passes FROM_FAR: nobody listens, and nobody minds the reset. */
const unanswered = (seq: number): PacketWords => ({ ...probe(seq), toPort: PORT + 1 });

async function lossFlagOfNext(): Promise<number[]> {
  await farSends(unanswered(1));
  return (await collect(near, 1)).map(({ flags }) => flags & AFTER_LOSS);
}

test('what comes behind lost frames says so, once', async () => {
  await near.do('open', { ...ring, filter: FROM_FAR, ringBytes: 1 << 18, consume: false });
  await overflow();
  await near.do('consume');
  const waiting = await collect(near, 512);
  expect(waiting).toHaveLength(512);
  expect(waiting.filter(({ flags }) => (flags & AFTER_LOSS) !== 0)).toEqual([]);
  expect([await lossFlagOfNext(), await lossFlagOfNext()]).toEqual([[AFTER_LOSS], [0]]);
  expect((await near.do('counters')).capture.dropped).toBeGreaterThanOrEqual(2000 - 512);
});

test('also when the losses were counted while frames waited: then the place is not known, and all that waited say so', async () => {
  await near.do('open', { ...ring, filter: FROM_FAR, ringBytes: 1 << 18, consume: false });
  await overflow();
  expect((await near.do('counters')).capture.dropped).toBeGreaterThan(1000);
  await near.do('consume');
  const waiting = await collect(near, 512);
  expect(waiting.every(({ flags }) => (flags & AFTER_LOSS) !== 0)).toBe(true);
  const next = [await lossFlagOfNext(), await lossFlagOfNext(), await lossFlagOfNext()];
  expect([next[0], next[2]]).toEqual([[AFTER_LOSS], [0]]); // the backlog may be found empty only at the second
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

test('capture goes on after the interface was down', async () => {
  await near.do('open', { ...ring, filter: FROM_FAR });
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

test('opening and closing many times leaves no socket behind', async () => {
  const sockets = () => stage.run('near', 'cat /proc/net/packet').trim().split('\n').length;
  const before = sockets();
  for (let round = 0; round < 10; round++) {
    await near.do('open', { ...ring, filter: FROM_FAR, ringBytes: 1 << 20 });
    await near.do('close');
  }
  expect(sockets()).toBe(before);
});
