// A whole network of clients, servers, engine and faults in virtual time. Fresh seeds: npm run sim -- --seeds 10000 --from N
import { expect, test } from 'vitest';
import { runSeed } from './run.ts';

const SEEDS = 400;

test(`seeds 0 to ${SEEDS - 1} keep every invariant`, { timeout: 120_000 }, () => {
  const failures: string[] = [];
  for (let seed = 0; seed < SEEDS && failures.length < 3; seed++) {
    const { failure } = runSeed(seed, false);
    if (failure !== null) failures.push(failure);
  }
  expect(failures).toEqual([]);
});
