import { expect, test } from 'vitest';
import { formatBytes, formatChange, formatCount, formatDifference, formatDuration, formatLatency, formatRate, formatShare, plural } from './format.ts';

/** Spaces that do not break read as plain ones here. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

test.each([
  [formatCount(2000), '2 000'],
  [formatCount(1_234_567.8), '1 234 568'],
  [formatCount(-1500), '−1 500'],
  [formatRate(2000), '2 000 req/s'],
  [formatRate(4.25), '4.3 req/s'],
  [formatRate(0), '0 req/s'],
  [formatRate(null), '—'],
  [formatRate(12, 'packets/s'), '12 packets/s'],
  [formatLatency(420), '0.42 ms'],
  [formatLatency(12_340), '12.3 ms'],
  [formatLatency(123_400), '123 ms'],
  [formatLatency(1_200_000), '1.20 s'],
  [formatLatency(null), '—'],
  [formatDifference(190), '+0.19 ms'],
  [formatDifference(-190), '−0.19 ms'],
  [formatDifference(0), '0.00 ms'],
  [formatChange(145, 100), '+45 %'],
  [formatChange(55, 100), '−45 %'],
  [formatChange(100, 100), '±0 %'],
  [formatChange(1, 0), ''],
  [formatShare(998, 1000), '99.8 %'],
  [formatShare(99_999, 100_000), '> 99.9 %'],
  [formatShare(1, 100_000), '< 0.1 %'],
  [formatShare(5, 5), '100 %'],
  [formatShare(0, 5), '0 %'],
  [formatShare(0, 0), '—'],
  [formatBytes(999), '999 B'],
  [formatBytes(12_340, true), '12.3 kB/s'],
  [formatBytes(5_000_000_000), '5.00 GB'],
  [formatDuration(143.4), '143 ms'],
  [formatDuration(12_900), '12 s'],
  [formatDuration(250_000), '4 min 10 s'],
  [formatDuration(3_600_000), '1 h'],
  [formatDuration(187_200_000), '2 d 4 h'],
  [plural(1, 'copy', 'copies'), '1 copy'],
  [plural(1200, 'copy', 'copies'), '1 200 copies'],
])('%s', (actual, expected) => {
  expect(plain(actual)).toBe(expected);
});
