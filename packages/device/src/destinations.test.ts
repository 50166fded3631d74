import { expect, test } from 'vitest';
import { type PacketWords, tcpPacket } from './conformance/packets.ts';
import { Destinations } from './destinations.ts';

const base = { from: '192.0.2.1', to: '10.0.0.1', fromPort: 1000, toPort: 80 };
const base6 = { ...base, from: '2001:db8::1', to: 'fd00::1' };

/** The packet at offset 8 of a larger memory. */
function permit(destinations: { address: string; port: number }[], words: PacketWords, cut = 0): number {
  const packet = tcpPacket(words);
  const memory = new Uint8Array(packet.length + 64);
  memory.set(packet, 8);
  const table = new Destinations(new DataView(memory.buffer));
  table.replace(destinations);
  return table.permit(8, packet.length - cut);
}

const allowed = [
  { address: '10.0.0.1', port: 80 },
  { address: 'fd00::1', port: 80 },
];

test.each<[string, PacketWords, number, number]>([
  ['the destination', base, 0, 0],
  ['the destination behind options', { ...base, optionWords: 10 }, 0, 0],
  ['the IPv6 destination', base6, 0, 1],
  ['another port', { ...base, toPort: 81 }, 0, -1],
  ['another address', { ...base, to: '10.0.0.2' }, 0, -1],
  ['another IPv6 address', { ...base6, to: 'fd01::1' }, 0, -1],
  ['the allowed IPv4 words as IPv6', { ...base6, to: '::10.0.0.1' }, 0, -1],
  ['UDP', { ...base, protocol: 17 }, 0, -1],
  ['IPv6 with an extension header', { ...base6, protocol: 43 }, 0, -1],
  ['a fragment', { ...base, fragmentOffset: 0x2000 }, 0, -1],
  ['a packet cut off before its TCP header ends', base, 1, -1],
  ['IPv4 options cut off', { ...base, optionWords: 10 }, 1, -1],
  ['IPv6 cut off', base6, 1, -1],
])('%s', (_, words, cut, ordinal) => {
  expect(permit(allowed, words, cut)).toBe(ordinal);
});

test('nothing is allowed before somebody allows it', () => {
  const packet = tcpPacket(base);
  expect(new Destinations(new DataView(packet.buffer)).permit(0, packet.length)).toBe(-1);
});

test('1,000 destinations, twice each, are all found and their neighbours are not', () => {
  const many = Array.from({ length: 1000 }, (_, index) => ({ address: `10.${index % 7}.${index >> 8}.${index & 255}`, port: 6000 + (index % 5) }));
  const packet = tcpPacket(base);
  const view = new DataView(packet.buffer);
  const table = new Destinations(view);
  table.replace([...many, ...many]);
  const permits = (address: string, port: number) => {
    packet.set(address.split('.').map(Number), 16);
    view.setUint16(22, port);
    return table.permit(0, packet.length);
  };
  for (const [ordinal, { address, port }] of many.entries())
    expect([permits(address, port) % 1000, permits(address, port + 5), permits(`11${address.slice(2)}`, port)]).toEqual([ordinal, -1, -1]);
});

test('a bad list leaves the former one', () => {
  const packet = tcpPacket(base);
  const table = new Destinations(new DataView(packet.buffer));
  table.replace(allowed);
  expect(() => table.replace([{ address: 'example.org', port: 80 }])).toThrow('"example.org" is not an IP address');
  expect(table.permit(0, packet.length)).toBe(0);
});
