import { expect, test } from 'vitest';
import { formatAddress, parseAddress } from './address.ts';
import { cidrsOverlap, hostAt, hostCount, isInside, parseCidr } from './cidr.ts';

test.each([
  ['10.1.2.3/8', '10.0.0.0', 104],
  ['10.1.2.3', '10.1.2.3', 128],
  ['0.0.0.0/0', '0.0.0.0', 96],
  ['2001:db8:1::5/32', '2001:db8::', 32],
  ['::/0', '::', 0],
  ['2001:db8::5', '2001:db8::5', 128],
])('%s begins at %s', (text, first, prefixBits) => {
  const cidr = parseCidr(text)!;
  expect([formatAddress(cidr.first), cidr.prefixBits]).toEqual([first, prefixBits]);
});

test.each(['', '10.0.0.0/33', '2001:db8::/129', '10.0.0/8', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1', 'x/8', '10.0.0.0/0x8'])(
  '"%s" is no network',
  (text) => {
    expect(parseCidr(text)).toBeNull();
  },
);

test.each([
  ['10.0.0.0/8', '10.255.255.255', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['10.0.0.0/8', '::a00:1', false], // not IPv4-mapped
  ['0.0.0.0/0', '255.255.255.255', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['128.0.0.0/1', '200.0.0.1', true],
  ['10.1.2.3', '10.1.2.3', true],
  ['10.1.2.3', '10.1.2.2', false],
  ['2001:db8::/33', '2001:db8:7fff::', true],
  ['2001:db8::/33', '2001:db8:8000::', false],
  ['::/0', '2001::', true],
  ['::/0', '10.0.0.1', false],
])('%s has %s: %s', (network, address, expected) => {
  expect(isInside(parseAddress(address)!, parseCidr(network)!)).toBe(expected);
});

test.each([
  ['10.0.0.0/8', '10.1.0.0/16', true],
  ['10.1.0.0/16', '10.0.0.0/8', true],
  ['10.0.0.0/16', '10.1.0.0/16', false],
  ['fd00::/8', 'fd90::/32', true],
  ['10.0.0.0/8', 'fd90::/32', false],
  ['::/0', '10.0.0.0/8', false],
])('%s and %s overlap: %s', (a, b, expected) => {
  expect(cidrsOverlap(parseCidr(a)!, parseCidr(b)!)).toBe(expected);
});

test.each([
  ['10.0.0.0/24', 254, '10.0.0.1', '10.0.0.254'],
  ['10.0.0.4/30', 2, '10.0.0.5', '10.0.0.6'],
  ['10.0.0.4/31', 2, '10.0.0.4', '10.0.0.5'],
  ['10.0.0.4', 1, '10.0.0.4', '10.0.0.4'],
  ['fd00::/126', 3, 'fd00::1', 'fd00::3'],
  ['fd00::ffff:ffff', 1, 'fd00::ffff:ffff', 'fd00::ffff:ffff'],
])('%s has %d hosts, from %s to %s', (text, count, first, last) => {
  const cidr = parseCidr(text)!;
  expect([hostCount(cidr), formatAddress(hostAt(cidr, 0)), formatAddress(hostAt(cidr, count - 1))]).toEqual([count, first, last]);
});
