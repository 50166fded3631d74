import type { ComparisonPoint } from '@parallax/protocol';
import { expect, test } from 'vitest';
import { errorPercent, perSecond, toColumns } from './columns.ts';

const side = (count: number) => ({ count, errors: 0, p50Us: count === 0 ? null : 100, p90Us: null, p99Us: null, p999Us: null });
const point = (atMs: number, count = 5): ComparisonPoint => ({
  atMs,
  seconds: 10,
  resets: { online: 0, target: 0 },
  online: side(count),
  target: side(count),
  difference: { count, p10Us: null, p50Us: null, p90Us: null },
});

test('missing steps break the line, and a step without traffic is a known zero', () => {
  const columns = toColumns([point(0), point(10_000, 0), point(40_000)], 10_000, [
    ({ online }) => online.p50Us,
    ({ online, seconds }) => perSecond(online.count, seconds),
  ]);
  expect(columns).toEqual({
    times: [5, 15, 25, 45],
    values: [
      [100, null, null, 100],
      [0.5, 0, null, 0.5],
    ],
  });
});

test('nothing is divided by nothing', () => {
  expect(perSecond(3, 0)).toBeNull();
  expect(errorPercent({ count: 0, errors: 0 })).toBeNull();
  expect(errorPercent({ count: 200, errors: 1 })).toBe(0.5);
});
