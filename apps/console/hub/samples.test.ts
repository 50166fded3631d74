import { expect, test } from 'vitest';
import { histogram, sample } from '../testing/samples.ts';
import { keptMs, SampleHistory } from './samples.ts';

const many = (count: number, valueUs: number) => histogram(...Array.from({ length: count }, () => valueUs));

test('percentiles of a second are of its histogram', () => {
  const values = Array.from({ length: 100 }, (_, index) => (index + 1) * 10);
  const { latency } = new SampleHistory().add(sample('m', 1_000, { latency: { online: histogram(...values), target: null } }), 1_000);
  expect(latency.online).toEqual({ count: 100, p50Us: 500, p90Us: 900, p99Us: 990 });
});

test('the last minute merges histograms instead of averaging percentiles, and forgets what is older', () => {
  const history = new SampleHistory();
  history.add(sample('m', 1_000, { latency: { online: many(99, 100), target: null } }), 1_000);
  const both = history.add(sample('m', 2_000, { latency: { online: many(1, 1_500), target: null } }), 2_000);
  expect(both.latency.online.p50Us).toBe(1_500);
  expect(both.lastMinute?.online).toEqual({ count: 100, p50Us: 100, p90Us: 100, p99Us: 100 });
  const later = history.add(sample('m', 61_500, { latency: { online: null, target: null } }), 61_500);
  expect(later.lastMinute?.online).toMatchObject({ count: 1, p50Us: 1_500 });
});

test('a quarter of an hour is kept, and a second nobody reported is not there', () => {
  const history = new SampleHistory();
  for (const atMs of [0, 1_000, 5_000, keptMs + 1_500]) history.add(sample('m', atMs), atMs);
  expect(history.of('m').map((one) => one.atMs)).toEqual([5_000, keptMs + 1_500]);
  expect(history.of('m', 6_000).map((one) => one.atMs)).toEqual([keptMs + 1_500]);
  history.forget('m');
  expect(history.of('m')).toEqual([]);
});

test.each([
  ['a little off is believed', 10_900, 10_900],
  ['far off is replaced by the time of arrival', 99_000, 10_000],
])('a clock %s', (_, atMs, kept) => {
  expect(new SampleHistory().add(sample('m', atMs), 10_000).atMs).toBe(kept);
});
