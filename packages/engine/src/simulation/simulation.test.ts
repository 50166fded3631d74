// A whole network of clients, servers, engine and faults in virtual time: fixed seeds, and fresh ones whose numbers are printed.
import { expect, test } from 'vitest';
import { runSeed } from './run.ts';

const FIXED = 300;
const FRESH = 100;

function failuresOf(first: number, count: number): string[] {
  const failures: string[] = [];
  for (let seed = first; seed < first + count && failures.length < 3; seed++) {
    const { failure } = runSeed(seed, false);
    if (failure !== null) failures.push(failure);
  }
  return failures;
}

test(`seeds 0 to ${FIXED - 1} keep every guarantee`, { timeout: 120_000 }, () => {
  expect(failuresOf(0, FIXED)).toEqual([]);
});

test('fresh seeds keep every guarantee', { timeout: 120_000 }, () => {
  const first = Math.floor(Math.random() * 2 ** 31);
  console.log(`fresh seeds ${first} to ${first + FRESH - 1}; one again: npm run sim -- --seed N --verbose`);
  expect(failuresOf(first, FRESH)).toEqual([]);
});
