import { describe, expect, test } from 'vitest';
import { ReadableLoop } from './readable-loop.ts';
import { Rush } from './rush.ts';

/** Turns as [frames, ms since the turn before]; the answers to all of them. */
const answers = (rush: Rush, turns: readonly (readonly [frames: number, spanMs: number])[], mayLinger = false): boolean[] =>
  waits(rush, turns, mayLinger).map((ms) => ms > 0);
const waits = (rush: Rush, turns: readonly (readonly [frames: number, spanMs: number])[], mayLinger: boolean): number[] => {
  let nowMs = 1000;
  return turns.map(([frames, spanMs]) => {
    nowMs += spanMs;
    return rush.waitMs(frames, nowMs, mayLinger);
  });
};
const times = <T>(count: number, each: T): T[] => Array.from({ length: count }, () => each);

describe('a rush of 20 frames a millisecond', () => {
  test.each([
    ['one frame now and then', times(20, [1, 5] as const), times(20, false)],
    ['10 frames a ms', times(40, [2, 0.2] as const), times(40, false)],
    ['a turn of many after a long quiet', [[60, 5] as const], [false]],
    [
      '40 frames a ms: from the second look on, and in every turn between looks',
      [[8, 1], ...times(12, [8, 0.2] as const)],
      [...times(5, false), ...times(8, true)],
    ],
    ['a full turn is not waited for', [[8, 1], ...times(5, [8, 0.2] as const), [64, 0.2], [8, 0.2]], [...times(5, false), true, false, true]],
    ['it ends with the rate', [[8, 1], ...times(5, [8, 0.2] as const), [1, 1], [1, 0.1]], [...times(5, false), true, false, false]],
  ] as const)('%s', (_, turns, expected) => {
    expect(answers(new Rush(20), turns)).toEqual(expected);
  });
});

test.each([
  ['a great rush, three times as many, is waited for longer if it may linger', 70, true, 0.25],
  ['not while somebody waits for what comes', 70, false, 0.1],
  ['nor in a rush', 40, true, 0.1],
])('%s', (_, framesPerMs, mayLinger, expectedMs) => {
  const turns = [[0, 1], ...times(20, [framesPerMs / 5, 0.2] as const)] as const;
  expect(waits(new Rush(20), turns, mayLinger).at(-1)).toBe(expectedMs);
});

test('in a rush a round takes what came in a nap', async () => {
  const FRAMES_PER_MS = 100;
  const startedMs = performance.now();
  const come = () => Math.floor((performance.now() - startedMs) * FRAMES_PER_MS);
  let taken = 0;
  const rounds: number[] = [];
  const loop = new ReadableLoop(() => come() > taken, 20);
  loop.listen(() => {
    const frames = Math.min(come() - taken, loop.roundLeft);
    loop.roundLeft -= frames;
    taken += frames;
    rounds.push(frames);
  });
  const endMs = startedMs + 300;
  await new Promise<void>((resolve) => {
    const poll = () => {
      loop.wake(); // as the descriptor does
      if (performance.now() < endMs) setImmediate(poll);
      else resolve();
    };
    poll();
  });
  loop.stop();
  rounds.sort((a, b) => a - b);
  expect(rounds[rounds.length >> 1]).toBeGreaterThanOrEqual(8); // a turn without a nap takes some µs: one frame or none
});
