import type { VerdictLine, VerdictView } from '@parallax/protocol';
import { expect, test } from 'vitest';
import { intervalText, signedIntervalText, verdictText } from './words.ts';

const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ');
const view = { pairs: 12_840, resolutionUs: 50 } as VerdictView;
const line = (change: Partial<VerdictLine>): VerdictLine => ({
  percent: 99,
  onlineUs: 1000,
  targetUs: 1420,
  deltaUs: 420,
  within95: [310, 550],
  within995: [290, 590],
  outcome: 'slower',
  lacks: null,
  ...change,
});

test.each([
  ['slower', line({}), 'target slower by 0.42 ms at p99 (95 % CI 0.31–0.55 ms), n = 12 840 pairs'],
  ['faster', line({ deltaUs: -420, within95: [-550, -310], outcome: 'faster' }), 'target faster by 0.42 ms at p99 (95 % CI 0.31–0.55 ms), n = 12 840 pairs'],
  ['the mean', line({ percent: null }), 'target slower by 0.42 ms on average (95 % CI 0.31–0.55 ms), n = 12 840 pairs'],
  [
    'nothing shown',
    line({ deltaUs: 20, within95: [-30, 60], within995: [-50, 80], outcome: 'same' }),
    'no difference shown at p99: 0.020 ms slower (95 % CI −0.030 ms to 0.060 ms), chance explains it, n = 12 840 pairs',
  ],
  [
    'a sure difference that does not count',
    line({ deltaUs: -42, within95: [-45, -39], within995: [-46, -38], outcome: 'same' }),
    'no difference shown at p99: 0.042 ms faster (95 % CI 0.039–0.045 ms), below the 0.050 ms that count, n = 12 840 pairs',
  ],
  [
    'too little',
    line({ outcome: 'not enough data', lacks: '600 paired exchanges, p99 needs 1000' }),
    'not enough data at p99: 600 paired exchanges, p99 needs 1000',
  ],
  ['nothing at all', undefined, 'not enough data: no exchange is known on both servers in this window'],
])('%s', (_, given, text) => {
  expect(plain(verdictText(given, view))).toBe(text);
});

test('an interval over two units names both', () => {
  expect(plain(intervalText([900_000, 1_200_000], 1_000_000))).toBe('900 ms to 1.20 s');
});

test.each([
  ['the target is slower', [310, 550], '+0.31 to +0.55 ms'],
  ['the target is faster', [-550, -310], '−0.55 to −0.31 ms'],
  ['it may be either', [-37_200, 180_000], '−37.2 to +180 ms'],
  ['units differ', [900_000, 1_200_000], '+900 ms to +1.20 s'],
] as const)('an interval of differences has a sign at each end: %s', (_, interval, text) => {
  expect(plain(signedIntervalText(interval))).toBe(text);
});
