import { expect, test } from 'vitest';
import { bucketOf, lowestUs, MOST_INDEX, MOST_US, middleUs } from './bucket.ts';
import { Histogram } from './histogram.ts';
import { seededRandom } from './random.ts';

test('a bucket is never wider than 0.1 % of what it holds, and buckets follow each other', () => {
  let index = -1;
  for (let us = 0; us < MOST_US; us = Math.max(us + 1, Math.floor(us * 1.0003))) {
    const at = bucketOf(us);
    expect(at - index === 0 || at - index === 1 || us > 2048).toBe(true);
    expect(at).toBeGreaterThanOrEqual(index);
    expect(lowestUs(at)).toBeLessThanOrEqual(us);
    expect(Math.abs(middleUs(at) - us)).toBeLessThanOrEqual(us * 0.0005);
    expect(bucketOf(-us)).toBe(0 - at);
    index = at;
  }
  expect(bucketOf(1e15)).toBe(MOST_INDEX);
  expect(lowestUs(bucketOf(2048))).toBe(2048);
});

test('percentiles are those of the sorted list, by nearest rank, within 0.05 %', () => {
  const random = seededRandom(1);
  const values = Array.from({ length: 5000 }, () => Math.round(50 * Math.exp(8 * random())) * (random() < 0.1 ? -1 : 1));
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  values.sort((a, b) => a - b);
  for (const percent of [0, 0.1, 1, 10, 50, 90, 99, 99.9, 100]) {
    const exact = values[Math.max(0, Math.ceil((values.length * percent) / 100 - 1e-9) - 1)]!;
    expect(Math.abs(histogram.percentileUs(percent)! - exact)).toBeLessThanOrEqual(Math.abs(exact) * 0.0005);
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(Math.abs(histogram.meanUs()! / mean - 1)).toBeLessThan(0.001);
});

test.each([
  ['nothing', []],
  ['one', [7]],
  ['zero and both signs', [0, 0, -1, 1, -5, 300_000, -300_000]],
  ['only negative', [-9, -9, -2_000_000]],
  ['the longest', [1e12, -1e12]],
  ['many of the same', Array.from({ length: 1000 }, () => 123)],
])('what was encoded comes back: %s', (_, values: number[]) => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  const back = Histogram.from(histogram.encode());
  expect(back.count).toBe(values.length);
  for (const percent of [0, 25, 50, 75, 100]) expect(back.percentileUs(percent)).toBe(histogram.percentileUs(percent));
  expect(back.encode()).toEqual(histogram.encode());
  histogram.reset();
  expect(histogram.encode()).toEqual(new Uint8Array());
});

test('merging is as if all had been recorded in one', () => {
  const random = seededRandom(2);
  const one = new Histogram();
  const parts = Array.from({ length: 10 }, () => new Histogram());
  for (let at = 0; at < 3000; at++) {
    const us = 10 ** (7 * random()) * (random() < 0.3 ? -1 : 1);
    one.record(us);
    parts[at % 10]!.record(us);
  }
  const merged = new Histogram();
  for (const part of parts) merged.addEncoded(part.encode());
  expect(merged.encode()).toEqual(one.encode());
});

test.each([
  ['cut off', [0x83]],
  ['a bucket that does not exist', [0xff, 0xff, 0xff, 0x7f]],
])('bytes of somebody else are refused: %s', (_, bytes) => {
  expect(() => Histogram.from(Uint8Array.from(bytes))).toThrow();
});
