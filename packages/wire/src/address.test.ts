import { expect, test } from 'vitest';
import { formatAddress, parseAddress } from './address.ts';

test.each([
  ['10.90.1.21', '10.90.1.21'],
  ['255.255.255.255', '255.255.255.255'],
  ['::1', '::1'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['fd90::', 'fd90::'],
  ['::ffff:1.2.3.4', '1.2.3.4'],
])('%s reads and prints as %s', (text, printed) => {
  expect(formatAddress(parseAddress(text)!)).toBe(printed);
});

test.each(['', '1.2.3', '1.2.3.256', '1.2.3.4.5', ':::', '1::2::3', 'g::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1.2.3.4::', 'eth0'])(
  '"%s" is not an address',
  (text) => {
    expect(parseAddress(text)).toBeNull();
  },
);
