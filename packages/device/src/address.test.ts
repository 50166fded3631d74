import { expect, test } from 'vitest';
import { formatAddress, parseAddress } from './address.ts';

test.each<[string, 4 | 6, number[]]>([
  ['10.0.0.1', 4, [0, 0, 0xffff, 0x0a000001]],
  ['255.255.255.255', 4, [0, 0, 0xffff, -1]],
  ['::', 6, [0, 0, 0, 0]],
  ['::1', 6, [0, 0, 0, 1]],
  ['fe80::', 6, [0xfe800000 | 0, 0, 0, 0]],
  ['2001:db8:1:2:3:4:5:6', 6, [0x20010db8, 0x00010002, 0x00030004, 0x00050006]],
  ['2001:db8::5:6', 6, [0x20010db8, 0, 0, 0x00050006]],
])('%s is read, and what is written reads the same', (text, family, words) => {
  expect(parseAddress(text)).toEqual({ family, words });
  const view = new DataView(new ArrayBuffer(16));
  for (const [index, word] of words.entries()) view.setInt32(index * 4, word);
  expect(parseAddress(formatAddress(view, family === 4 ? 12 : 0, family))).toEqual({ family, words });
});

test('an IPv4-mapped IPv6 address is IPv6', () => {
  expect(parseAddress('::ffff:192.0.2.1')).toEqual({ family: 6, words: [0, 0, 0xffff, 0xc0000201 | 0] });
});

test.each(['', '10.0.0', '10.0.0.256', ':::', 'fe80::1%eth0', 'example.org'])('"%s" is refused', (text) => {
  expect(() => parseAddress(text)).toThrow(`"${text}" is not an IP address`);
});
