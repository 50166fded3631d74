import { expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

const taken = (bucket: TokenBucket, nowMs: number): number => {
  let count = 0;
  while (bucket.take(nowMs)) count++;
  return count;
};

test.each([
  ['so many at once', 0, 100],
  ['none beyond them', 0, 0],
  ['those of 10 ms', 10, 50],
  ['a clock that stands still brings none', 10, 0],
  ['never more than at once', 100_000, 100],
])('%s', (_, nowMs, expected) => {
  const bucket = new TokenBucket(100, 5000, 0);
  for (const atMs of [0, 10]) if (atMs < nowMs || (atMs === nowMs && expected === 0)) taken(bucket, atMs);
  expect(taken(bucket, nowMs)).toBe(expected);
});
