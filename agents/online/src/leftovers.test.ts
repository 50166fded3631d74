import { expect, test } from 'vitest';
import { Leftovers } from './leftovers.ts';

/** Parked so far, awake, captured so far. */
type Second = [parks: number, awake: number, packets: number];

test.each<[string, Second[], boolean[]]>([
  [
    'twice, once parking has ended',
    [
      [3000, 9, 50],
      [9000, 9, 50],
      [9000, 9, 50],
      [9000, 9, 50],
      [9000, 9, 50],
    ],
    [false, false, true, true, false],
  ],
  [
    'not for a few sessions, until they add up',
    [
      [3000, 0, 0],
      [3000, 0, 0],
      [4096, 0, 0],
      [4096, 0, 0],
    ],
    [false, false, false, true],
  ],
  [
    'not while many packets come',
    [
      [9000, 0, 5000],
      [9000, 0, 10_000],
      [9000, 0, 11_000],
      [9000, 0, 19_000],
      [9000, 0, 19_000],
    ],
    [false, false, true, false, true],
  ],
  [
    'not where so much stays that it would take long',
    [
      [9000, 50_000, 0],
      [9000, 50_000, 0],
      [9000, 10_000, 0],
    ],
    [false, false, true],
  ],
  [
    'again after as many more',
    [
      [5000, 0, 0],
      [5000, 0, 0],
      [5000, 0, 0],
      [9500, 0, 0],
      [9500, 0, 0],
    ],
    [false, true, true, false, true],
  ],
])('it is collected %s', (_, seconds, expected) => {
  const leftovers = new Leftovers();
  expect(seconds.map(([parks, awake, packets]) => leftovers.onSecond({ parks, awake, packets }))).toEqual(expected);
});
