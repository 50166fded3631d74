import { expect, test } from 'vitest';
import { parseEndpoint, parseEndpoints, parseMappings, parseMultiplier, parseNetworks, parsePort, parsePortSpan, parseRamp, parseShare } from './arguments.ts';

test.each([
  ['6379-10.90.1.21:6379', [{ listen: { address: null, port: 6379 }, target: { address: '10.90.1.21', port: 6379 } }]],
  ['10.0.0.1:80-10.90.1.21:8080', [{ listen: { address: '10.0.0.1', port: 80 }, target: { address: '10.90.1.21', port: 8080 } }]],
  ['[fd90::1]:80-[fd90::2]:81', [{ listen: { address: 'fd90::1', port: 80 }, target: { address: 'fd90::2', port: 81 } }]],
  ['8000..8010-10.0.0.2:9000', [{ listen: { address: null, port: 8000, lastPort: 8010 }, target: { address: '10.0.0.2', port: 9000 } }]],
  [
    '[fd90::1]:8000..8001-[fd90::2]:9000..9001',
    [{ listen: { address: 'fd90::1', port: 8000, lastPort: 8001 }, target: { address: 'fd90::2', port: 9000, lastPort: 9001 } }],
  ],
  ['10.0.0.1:80..81-10.0.0.2:80', [{ listen: { address: '10.0.0.1', port: 80, lastPort: 81 }, target: { address: '10.0.0.2', port: 80 } }]],
  [
    '80-10.0.0.2:80,80-10.0.0.3:80/n=0.5/r=30/pacing=window',
    [
      { listen: { address: null, port: 80 }, target: { address: '10.0.0.2', port: 80 } },
      { listen: { address: null, port: 80 }, target: { address: '10.0.0.3', port: 80 }, multiplier: 0.5, percent: 30, pacing: 'window' },
    ],
  ],
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
  ['80..70-10.90.1.21:80', /"80\.\.70-10\.90\.1\.21:80": the last port 70 is below the first, 80/],
  ['80..89-10.90.1.21:80..84', /10 ports lead to 5: give as many, up to 89, or only the first for all/],
  ['1..2000-10.90.1.21:80', /a range of 2000 ports is more than 1024/],
  ['80-10.90.1.21:80,80-10.90.1.21:80', /"80-10.90.1.21:80" is there twice; ask for more copies with n=2/],
  ['80-10.90.1.21:80/x=1', /"x=1" in "80-10.90.1.21:80\/x=1" is no setting of a mapping; there are n=COPIES/],
  ['80-10.90.1.21:80/n=0', /"0" is not a multiplier/],
  ['80-10.90.1.21:80/pacing=fast', /"fast" is no pacing; there are response, timing, window/],
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

test.each(['abc', '', '0', '0.001', '1000.5', '-3', '1,5', '2x', '1e3'])('-n "%s" is refused', (text) => {
  expect(() => parseMultiplier(text)).toThrow(`"${text}" is not a multiplier; give a number from 0.01 to 1000.`);
});

test.each([
  ['2.5', 2.5],
  ['0.01', 0.01],
  ['1000', 1000],
])('-n %s', (text, expected) => {
  expect(parseMultiplier(text)).toBe(expected);
});

test.each([
  ['62.135.200.x', ['62.135.200.0/24']],
  ['62.135.200.*,10.0.0.0/30', ['62.135.200.0/24', '10.0.0.0/30']],
  ['10.1.2.3', ['10.1.2.3']],
  ['fd00::/120', ['fd00::/120']],
])('-c %s', (text, expected) => {
  expect(parseNetworks(text)).toEqual(expected);
});

test.each([
  ['10.0.0.5/24', /10\.0\.0\.5\/24 has bits behind its prefix: the network is 10\.0\.0\.0\/24/],
  ['10.0.0.0/40', /"10\.0\.0\.0\/40" is not a network/],
  ['10.0.0.0/8,10.1.0.0/16', /10\.0\.0\.0\/8 and 10\.1\.0\.0\/16 overlap/],
  ['', /"" is not a network/],
])('-c "%s" is refused', (text, words) => {
  expect(() => parseNetworks(text)).toThrow(words);
});

test.each([
  ['0/2', { index: 0, count: 2 }],
  ['3', { index: 3, count: 16 }],
])('-f %s', (text, expected) => {
  expect(parseShare(text)).toEqual(expected);
});

test.each(['2/2', '16', 'x', '-1', '1/0', ''])('-f "%s" is refused', (text) => {
  expect(() => parseShare(text)).toThrow(`"${text}" is not a part of the ports; give 0/2 and 1/2`);
});

test('-g and --ports', () => {
  expect(parseRamp('1:10:60')).toEqual({ fromPercent: 1, steps: 10, stepSeconds: 60 });
  for (const text of ['1:10', '1:10:60:1', '101:1:1', '1:0:1', 'a:1:1']) expect(() => parseRamp(text)).toThrow(`"${text}" is not a ramp`);
  expect(parsePortSpan('20000-29999')).toEqual({ first: 20_000, last: 29_999 });
  for (const text of ['20000', '1-2-3', '-5']) expect(() => parsePortSpan(text)).toThrow();
  expect(() => parsePortSpan('9-5')).toThrow('"9-5" ends before it begins; write 5-9.');
});

test('-s takes several assistants', () => {
  expect(parseEndpoints('10.90.1.22,[fd90::22]:7', 36_524)).toEqual([
    { address: '10.90.1.22', port: 36_524 },
    { address: 'fd90::22', port: 7 },
  ]);
  expect(() => parseEndpoints('10.90.1.22,10.90.1.22:36524', 36_524)).toThrow('10.90.1.22:36524 is there twice.');
});

test.each(['', '0', '65536', '8e3', '0x50', ' 80'])('port "%s" is refused', (text) => {
  expect(() => parsePort(text)).toThrow(/port/);
});
