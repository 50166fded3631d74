import { expect, test } from 'vitest';
import { AnswerLag } from './answer-lag.ts';

const CLOCKS_DIFFER_US = 1.7e15;

/** Answers as [captured, looked at], both in ms of one clock. */
test.each<[string, [number, number][], atMs: number, lagMs: number]>([
  ['none', [], 5, 0],
  ['the shortest way is no lag', [[10, 11]], 11, 0],
  [
    'what takes longer is behind by the difference',
    [
      [10, 11],
      [20, 321],
    ],
    321,
    300,
  ],
  [
    'until nothing has come for as long',
    [
      [10, 11],
      [20, 321],
    ],
    620,
    300,
  ],
  [
    'then nothing waits any more',
    [
      [10, 11],
      [20, 321],
    ],
    621,
    0,
  ],
  [
    'the latest answer counts',
    [
      [10, 11],
      [20, 321],
      [330, 332],
    ],
    332,
    1,
  ],
  [
    'a clock that was set is no lag without bound',
    [
      [10, 11],
      [-9e6, 21],
    ],
    21,
    1000,
  ],
  [
    'the shortest way is forgotten after two windows',
    [
      [10, 11],
      [70_000, 70_101],
      [140_000, 140_101],
      [140_200, 140_301],
    ],
    140_301,
    0,
  ],
])('%s', (_, answers, atMs, lagMs) => {
  const lag = new AnswerLag();
  for (const [capturedMs, nowMs] of answers) lag.offer(CLOCKS_DIFFER_US + capturedMs * 1000, nowMs);
  expect(lag.at(atMs)).toBe(lagMs);
});
