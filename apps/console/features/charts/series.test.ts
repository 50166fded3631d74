import { expect, test } from 'vitest';
import { liveSample } from '../../testing/samples.ts';
import { toColumns } from './series.ts';

const rates = (...atMs: number[]) =>
  toColumns(
    atMs.map((at) => liveSample(at)),
    2_000,
    [(sample) => sample.exchanges.online],
  );

test('one row per sample, from the beginning of the span on', () => {
  expect(rates(1_000, 2_000, 3_000)).toEqual({ times: [2, 3], values: [[100, 100]] });
});

test('missing seconds break the line: no zero, no bridge', () => {
  expect(rates(2_000, 3_000, 9_000)).toEqual({ times: [2, 3, 6, 9], values: [[100, 100, null, 100]] });
});

test('a late sample is no gap', () => {
  expect(rates(2_000, 4_500).values).toEqual([[100, 100]]);
});
