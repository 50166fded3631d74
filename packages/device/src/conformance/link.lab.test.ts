// Sending on the link: what arrives is what raw sockets would have sent, byte by byte, with checksums that a real TCP accepts. Needs root.
import { createHash } from 'node:crypto';
import { ACK, addToSum, FIN, finishSum, PSH } from '@parallax/wire';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { TxPath } from '../contract.ts';
import { type PacketWords, tcpPacket } from './packets.ts';
import { pattern, type SegmentWords } from './puppet.ts';
import { FAR, NEAR, Puppet, Stage } from './stage.ts';
import { collect, toHex, until } from './wait.ts';

const SPOOFED = '10.77.0.99';
const PORT = 9;
const MSS = 1448;

let stage: Stage;
let near: Puppet;
let far: Puppet;

beforeAll(async () => {
  stage = new Stage('link');
  near = new Puppet(stage.near);
  far = new Puppet(stage.far);
  stage.run('far', 'nft add table inet quiet'); // the far host says nothing to addresses that do not exist
  stage.run('far', 'nft add chain inet quiet in { type filter hook input priority 0 ; }');
  stage.run('far', 'nft add rule inet quiet in tcp dport 9 drop');
  await far.do('open', {
    interfaceName: FAR.interfaceName,
    io: 'ring',
    filter: { expression: `src host ${SPOOFED}` },
    inject: false,
    storeBytes: 0,
    consume: true,
  });
}, 20_000);
afterEach(() => near.do('close'));
afterAll(async () => {
  await near?.end();
  await far?.end();
  stage?.remove();
});

const open = (tx: TxPath) =>
  near.do('open', { interfaceName: NEAR.interfaceName, io: 'ring', tx, filter: { mirror: [] }, inject: true, storeBytes: 1 << 20, consume: false });

/** Open, and make the neighbour known: the first packet makes the kernel ask, and from the next look on the link is used. */
async function openOnLink(): Promise<void> {
  await open('packet');
  await near.do('allow', [{ address: FAR.ipv4, port: PORT }]);
  await near.do('inject', [toHex(tcpPacket(words(0)))]);
  await until(
    () => Promise.resolve(stage.run('near', 'ip neigh')),
    (text) => text.includes(`${FAR.ipv4} dev`) && !text.includes('INCOMPLETE'),
  );
  await new Promise((resolve) => setTimeout(resolve, 1200));
  await near.do('inject', [toHex(tcpPacket(words(0)))]); // the probe of this second
  await collect(far, 2);
}

const words = (seq: number, payload: Uint8Array = new Uint8Array(0)): PacketWords => ({ from: SPOOFED, to: FAR.ipv4, fromPort: 5, toPort: PORT, seq, payload });

type Arrived = { seq: number; flags: number; payload: Buffer; wireBytes: number; isRight: boolean };
const read = (hex: string, wireBytes: number): Arrived => {
  const packet = Buffer.from(hex, 'hex');
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const tcpBytes = packet.length - 20;
  const sum = addToSum(view, 20, tcpBytes, addToSum(view, 12, 8, 6 + tcpBytes));
  const isRight = finishSum(addToSum(view, 0, 20, 0)) === 0 && finishSum(sum) === 0;
  return { seq: packet.readUInt32BE(24), flags: packet[33]!, payload: packet.subarray(20 + (packet[32]! >> 4) * 4), wireBytes, isRight };
};

const segment = (seq: number, payload: Uint8Array, rest: Partial<SegmentWords> = {}): SegmentWords => ({
  from: SPOOFED,
  to: FAR.ipv4,
  fromPort: 5,
  toPort: PORT,
  seq,
  ack: 77,
  flags: ACK,
  payload: toHex(payload),
  ...rest,
});

/** A stream from `seq` on, cut at the MSS, pushed at its end. */
const stream = (seq: number, data: Uint8Array, rest: Partial<SegmentWords> = {}): SegmentWords[] =>
  Array.from({ length: Math.ceil(data.length / MSS) }, (_, index) => {
    const payload = data.subarray(index * MSS, (index + 1) * MSS);
    const isLast = (index + 1) * MSS >= data.length;
    return segment(seq + index * MSS, payload, { flags: isLast ? ACK | PSH : ACK, ...rest });
  });

describe.each(['off', 'on'] as const)('offloads %s', (offloads) => {
  beforeAll(() => stage.offloads(offloads));

  test('segments that follow each other arrive with the boundaries they were sent with, and finished checksums where they travel alone', async () => {
    await openOnLink();
    const data = pattern(100_000);
    const segments = stream(1000, data);
    const counters = await near.do('send', segments);
    expect(counters).toMatchObject({ failed: 0, forbidden: 0 });
    const arrived: Arrived[] = [];
    const total = () => arrived.reduce((sum, { payload }) => sum + payload.length, 0);
    await until(
      async () => {
        arrived.push(...(await far.do('frames')).map(({ hex, wireBytes }) => read(hex, wireBytes)));
        return total();
      },
      (bytes) => bytes >= data.length,
    );
    const inOrder = Buffer.concat(arrived.filter(({ seq }) => seq >= 1000).map(({ payload }) => payload));
    expect(createHash('sha256').update(inOrder).digest('hex')).toBe(createHash('sha256').update(data).digest('hex'));
    if (offloads === 'off') {
      expect(arrived.map(({ payload }) => payload.length)).toEqual(segments.map(({ payload }) => payload.length / 2));
      expect(arrived.every(({ isRight }) => isRight)).toBe(true);
      expect(arrived.map(({ flags }) => flags)).toEqual(segments.map(({ flags }) => flags));
    } else expect(Math.max(...arrived.map(({ wireBytes }) => wireBytes))).toBeGreaterThan(60_000); // handed over as one
  });

  test('what does not follow stays apart: another flow, acknowledgement, time stamp, a gap, and what comes behind PSH or a short segment', async () => {
    await openOnLink();
    const full = pattern(MSS);
    const segments = [
      segment(0, full),
      segment(MSS, full, { fromPort: 6 }),
      segment(MSS, full, { ack: 78 }),
      segment(2 * MSS, full, { ack: 78, timestamps: [1, 2] }),
      segment(4 * MSS, full, { ack: 78, timestamps: [1, 2] }),
      segment(5 * MSS, full.subarray(0, 100), { ack: 78, timestamps: [1, 2] }),
      segment(5 * MSS + 100, full, { ack: 78, timestamps: [1, 2], flags: ACK | PSH }),
      segment(6 * MSS + 100, full, { ack: 78, timestamps: [1, 2], flags: ACK | FIN }),
    ];
    await near.do('send', segments);
    const arrived = (await collect(far, offloads === 'on' ? 7 : 8)).map(({ hex, wireBytes }) => read(hex, wireBytes));
    const lengths = arrived.map(({ payload }) => payload.length);
    // With offloads, only the short one joins its predecessor.
    expect(lengths).toEqual(offloads === 'on' ? [MSS, MSS, MSS, MSS, MSS + 100, MSS, MSS] : [MSS, MSS, MSS, MSS, MSS, 100, MSS, MSS]);
    if (offloads === 'off') expect(arrived.every(({ isRight }) => isRight)).toBe(true);
  });

  test('a packet with finished checksums, one that is too long, and forbidden ones', async () => {
    await openOnLink();
    const before = await near.do('counters');
    const packets = [words(1, pattern(64)), { ...words(2), toPort: 10 }, words(3, pattern(3000)), { ...words(4), to: '10.77.0.3' }, words(5, pattern(1460))];
    const counters = await near.do('inject', packets.map(tcpPacket).map(toHex));
    expect(counters).toEqual({ sent: before.inject!.sent + 2, failed: 1, forbidden: 2, failedBy: { EMSGSIZE: 1 } });
    const arrived = (await collect(far, 2)).map(({ hex, wireBytes }) => read(hex, wireBytes));
    expect(arrived.map(({ seq, payload, isRight }) => [seq, payload.length, isRight])).toEqual([
      [1, 64, true],
      [5, 1460, true],
    ]);
  });
});

test('OUTPUT rules are passed by on the link, but once a second a packet takes the raw socket and meets them', async () => {
  await openOnLink();
  stage.run('near', 'nft add table ip plx');
  stage.run('near', 'nft add chain ip plx out { type filter hook output priority 0 ; }');
  stage.run('near', 'nft add rule ip plx out tcp dport 9 drop');
  try {
    const counters = await near.do('inject', [toHex(tcpPacket(words(11))), toHex(tcpPacket(words(12)))]);
    expect(counters.failed).toBeLessThanOrEqual(1);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    const later = await near.do('inject', [toHex(tcpPacket(words(13))), toHex(tcpPacket(words(14)))]);
    expect(later.failedBy).toEqual({ EPERM: later.failed });
    expect(later.failed - counters.failed).toBe(1);
  } finally {
    stage.run('near', 'nft delete table ip plx');
  }
});

test('a neighbour that moves to another MAC is followed, and one that is not known is left to the kernel', async () => {
  stage.offloads('off');
  await openOnLink();
  stage.run('far', 'ip link set far address 02:00:00:00:77:77');
  stage.run('near', `ip neigh replace ${FAR.ipv4} lladdr 02:00:00:00:77:77 dev near nud reachable`);
  await new Promise((resolve) => setTimeout(resolve, 1200));
  await far.do('frames');
  await near.do('send', [segment(1, pattern(10)), segment(100, pattern(10)), segment(200, pattern(10))]);
  expect(await collect(far, 3)).toHaveLength(3);
  stage.run('near', `ip neigh del ${FAR.ipv4} dev near`);
  await new Promise((resolve) => setTimeout(resolve, 1200));
  await near.do('send', [segment(300, pattern(10))]);
  expect(await collect(far, 1)).toHaveLength(1);
});

test('IPv6 and IPsec policies keep to the raw sockets', async () => {
  await openOnLink();
  stage.run('near', `ip xfrm policy add src 192.0.2.1 dst 192.0.2.2 dir out tmpl proto esp mode transport`);
  try {
    await new Promise((resolve) => setTimeout(resolve, 1200));
    stage.run('near', 'nft add table ip plx');
    stage.run('near', 'nft add chain ip plx out { type filter hook output priority 0 ; }');
    stage.run('near', 'nft add rule ip plx out tcp dport 9 drop');
    const before = (await near.do('counters')).inject!.failed;
    const { failed } = await near.do('inject', [toHex(tcpPacket(words(21))), toHex(tcpPacket(words(22)))]);
    expect(failed - before).toBe(2);
  } finally {
    stage.run('near', 'nft delete table ip plx');
    stage.run('near', 'ip xfrm policy flush');
  }
});
