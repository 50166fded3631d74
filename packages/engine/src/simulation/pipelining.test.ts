// A target that answers as the online server does is never waited for in vain, however its clients pipeline.
import { expect, test } from 'vitest';
import { planPipelining } from './pipelining.ts';
import { runScenario } from './run.ts';

const SEEDS = 300;

test('every request of clients that pipeline is answered', { timeout: 120_000 }, () => {
  let delivered = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const { settled, failure } = runScenario(planPipelining(seed));
    expect(failure).toBeNull();
    expect(settled!.copies.deliveredUnanswered, `seed ${seed}`).toBe(0);
    expect(settled!.exchanges.deliveredUnanswered, `seed ${seed}`).toBe(0);
    delivered += settled!.copies.delivered;
  }
  expect(delivered).toBeGreaterThan(2 * SEEDS);
});
