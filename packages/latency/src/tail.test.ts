import { expect, test } from 'vitest';
import { expandedTail } from './tail.ts';

// Student's quantiles: t(21) 2.0796 and 3.1352, t(59) 2.0010 and 2.9162, t(999) 1.9623 and 2.8135; times √(n / (n - 1)), as tails of the normal distribution.
test.each([
  [0.95, 22, 0.01667],
  [0.995, 22, 0.000668],
  [0.95, 60, 0.02182],
  [0.995, 60, 0.001635],
  [0.95, 1000, 0.02481],
  [0.995, 1000, 0.00244],
] as const)('an interval for %f of %d blocks leaves out as much at either end', (ratio, blocks, tail) => {
  expect(expandedTail(ratio, blocks)).toBeCloseTo(tail, blocks === 22 && ratio === 0.995 ? 5 : 4);
});

test('of one block nothing is left out', () => {
  expect(expandedTail(0.95, 1)).toBe(0);
});
