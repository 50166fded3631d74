import { readFileSync } from 'node:fs';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { LatencyHistogram } from './latency-histogram.ts';
import { VERSION } from './version.ts';

test('percentiles survive the way to the console within three significant digits', () => {
  const histogram = new LatencyHistogram();
  for (let us = 1; us <= 100_000; us++) histogram.record(us);
  const decoded = decodeFromCompressedBase64(histogram.take()!);
  expect(decoded.totalCount).toBe(100_000);
  for (const percentile of [50, 90, 99, 99.9]) expect(Math.abs(decoded.getValueAtPercentile(percentile) / (percentile * 1000) - 1)).toBeLessThan(0.002);
});

test('a second without an exchange has no histogram, and a second begins empty', () => {
  const histogram = new LatencyHistogram();
  expect(histogram.take()).toBeNull();
  histogram.record(0.2);
  histogram.record(1e12);
  expect(decodeFromCompressedBase64(histogram.take()!).totalCount).toBe(2);
  expect(histogram.take()).toBeNull();
});

test('the version is the one in package.json', () => {
  expect(JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version).toBe(VERSION);
});
