import { expect, test } from 'vitest';
import { Seconds } from './seconds.ts';

test.each([
  ['each second is named by its beginning', [5003, 6001], [4000, 5000]],
  ['a timer a little early ends its own second', [4999, 6000], [4000, 5000]],
  ['a timer early and then late in the same second names it once', [4999, 5001, 6000], [4000, null, 5000]],
  ['a late timer ends the last whole second', [5000, 6700, 7000], [4000, 5000, 6000]],
  ['a stall leaves a gap', [5000, 9900, 10_000], [4000, 9000, null]],
  ['a clock set back a little waits until it has caught up', [9000, 7000, 8000, 9000, 10_000], [8000, null, null, null, 9000]],
  ['a clock set back by far is believed', [1_000_000, 5000, 6000], [999_000, 4000, 5000]],
])('%s', (_, nowMs, expected) => {
  const seconds = new Seconds();
  expect(nowMs.map((at) => seconds.ended(at))).toEqual(expected);
});
