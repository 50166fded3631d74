import { ACK, PSH, type Shard, shardOf } from '@parallax/wire';
import { describe, expect, test } from 'vitest';
import { runBpf } from './bpf-run.ts';
import { mirrorFilterOf } from './client-filter.ts';
import { tcpPacket } from './conformance/packets.ts';
import { mirrorFilter } from './filters.ts';
import { shardFilter } from './shard-filter.ts';

const HOST = 0;
const OUTGOING = 4;
const COUNT = 3;
const shards: Shard[] = Array.from({ length: COUNT }, (_, index) => ({ index, count: COUNT }));

/** 8005 is also a port that a client may speak from. */
const services = [
  { address: '10.0.0.1', port: 80 },
  { address: null, port: 8000, lastPort: 8010 },
];
const targets = [
  { address: '10.0.0.5', port: 80 },
  { address: 'fd00::5', port: 8000, lastPort: 8010 },
];
const payload = new Uint8Array(300);
const ipv4 = { client: '10.0.0.9', server: '10.0.0.1', target: '10.0.0.5', port: 80 };
const ipv6 = { client: 'fd00::9', server: 'fd00::1', target: 'fd00::5', port: 8003 };

/** What of a connection with the client's port `port` passes by, and the direction in which it does. */
const packetsOf = ({ client, server, target, port }: typeof ipv4, clientPort: number): [string, Uint8Array, number][] => [
  ['a request', tcpPacket({ from: client, to: server, fromPort: clientPort, toPort: port, payload }), HOST],
  ['a response', tcpPacket({ from: server, to: client, fromPort: port, toPort: clientPort, payload, flags: ACK | PSH }), OUTGOING],
  ['a copy', tcpPacket({ from: client, to: target, fromPort: clientPort, toPort: port, payload, flags: ACK | PSH }), OUTGOING],
  ['a copy from another address', tcpPacket({ from: client.replace(/9$/, '77'), to: target, fromPort: clientPort, toPort: port, payload }), OUTGOING],
];
const kept = (program: Parameters<typeof runBpf>[0], packet: Uint8Array, packetType: number): number =>
  runBpf(program, packet, { packetType, protocol: packet[0]! >> 4 === 6 ? 0x86dd : 0x0800, random: 0 });

describe.each([
  ['the kernel’s own filter', mirrorFilter(services, targets)],
  ['an operator’s filter', mirrorFilterOf(services, targets, 'not port 7')],
])('%s', (_, whole) => {
  const programs = shards.map((shard) => shardFilter(whole, services, shard).program);

  test.each([
    ['IPv4', ipv4],
    ['IPv6', ipv6],
  ])('%s: every packet of a connection is taken by its shard as the whole filter takes it, and by no other', (_family, way) => {
    for (let clientPort = 1; clientPort <= 65_535; clientPort += 97) {
      const own = shardOf(clientPort, COUNT);
      for (const [what, packet, type] of packetsOf(way, clientPort)) {
        const expected = shards.map(({ index }) => (index === own ? kept(whole.program, packet, type) : 0));
        expect(expected[own], `${what} from port ${clientPort} is wanted`).toBeGreaterThan(0);
        expect(
          programs.map((program) => kept(program, packet, type)),
          `${what}, client port ${clientPort}`,
        ).toEqual(expected);
      }
    }
  });

  test('a client that speaks from a port that is a service’s too', () => {
    for (const clientPort of [8000, 8001, 8005, 8010])
      for (const [what, packet, type] of packetsOf({ ...ipv4, port: 8003, target: '10.0.0.5' }, clientPort).slice(0, 2))
        expect(
          programs.map((program) => kept(program, packet, type) > 0),
          `${what} from ${clientPort}`,
        ).toEqual(shards.map(({ index }) => index === shardOf(clientPort, COUNT)));
  });

  test('behind IP options the port is found too', () => {
    const packet = tcpPacket({ from: ipv4.client, to: ipv4.server, fromPort: 40_001, toPort: 80, payload, optionWords: 3 });
    expect(programs.map((program) => kept(program, packet, HOST) > 0)).toEqual(shards.map(({ index }) => index === shardOf(40_001, COUNT)));
  });

  test('what nobody wants is taken by nobody', () => {
    const packet = tcpPacket({ from: ipv4.client, to: ipv4.server, fromPort: 40_001, toPort: 81, payload });
    expect(programs.map((program) => kept(program, packet, HOST))).toEqual([0, 0, 0]);
  });
});

test('one shard has the filter as it is', () => {
  const filter = mirrorFilter(services, targets);
  expect(shardFilter(filter, services, { index: 0, count: 1 })).toBe(filter);
});
