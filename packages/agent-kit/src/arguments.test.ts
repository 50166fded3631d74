import { expect, test } from 'vitest';
import { parseEndpoint, parseMappings, parseMultiplier, parsePort } from './arguments.ts';

test.each([
  ['6379-10.90.1.21:6379', [{ listen: { address: null, port: 6379 }, target: { address: '10.90.1.21', port: 6379 } }]],
  ['10.0.0.1:80-10.90.1.21:8080', [{ listen: { address: '10.0.0.1', port: 80 }, target: { address: '10.90.1.21', port: 8080 } }]],
  ['[fd90::1]:80-[fd90::2]:81', [{ listen: { address: 'fd90::1', port: 80 }, target: { address: 'fd90::2', port: 81 } }]],
  [
    '80-10.0.0.2:80,443-10.0.0.3:443',
    [
      { listen: { address: null, port: 80 }, target: { address: '10.0.0.2', port: 80 } },
      { listen: { address: null, port: 443 }, target: { address: '10.0.0.3', port: 443 } },
    ],
  ],
])('-x %s', (text, expected) => {
  expect(parseMappings(text)).toEqual(expected);
});

test.each([
  ['', /"" is not a mapping/],
  ['6379', /write PORT-TARGET:PORT/],
  ['6379-', /"6379-" lacks the target/],
  ['6379-10.90.1.21', /"10.90.1.21" lacks the port/],
  ['6379-10.90.1.21:', /"" is not a port/],
  ['6379-10.90.1.21:0', /port 0 is outside 1-65535/],
  ['65536-10.90.1.21:80', /port 65536 is outside 1-65535/],
  ['-1-10.90.1.21:80', /"" is not a port/],
  ['80-10.90.1.256:80', /"10.90.1.256" is not an IPv4 or IPv6 address/],
  ['80-target.example:80', /"target.example" is not an IPv4 or IPv6 address/],
  ['80-10.90.1.21:80,', /"" is not a mapping/],
])('-x "%s" is refused by naming the value', (text, words) => {
  expect(() => parseMappings(text)).toThrow(words);
});

test.each([
  ['10.90.1.22', { address: '10.90.1.22', port: 36_524 }],
  ['10.90.1.22:1', { address: '10.90.1.22', port: 1 }],
  ['fd90::22', { address: 'fd90::22', port: 36_524 }],
  ['[fd90::22]', { address: 'fd90::22', port: 36_524 }],
  ['[fd90::22]:7', { address: 'fd90::22', port: 7 }],
])('-s %s', (text, expected) => {
  expect(parseEndpoint(text, 36_524)).toEqual(expected);
});

test.each(['abc', '', '0', '1001', '-3', '1.5', '2x'])('-n "%s" is refused', (text) => {
  expect(() => parseMultiplier(text)).toThrow(`"${text}" is not a multiplier; give a whole number from 1 to 1000.`);
});

test.each(['', '0', '65536', '8e3', '0x50', ' 80'])('port "%s" is refused', (text) => {
  expect(() => parsePort(text)).toThrow(/port/);
});
