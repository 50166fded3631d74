import { expect, test } from 'vitest';
import { defaultLimits } from '../limits.ts';
import { Rig } from '../testing/rig.ts';
import { backOff, onRoundTrip, undoBackOff } from './round-trip.ts';

const copy = () => new Rig().client('S', { seq: -1 }).copy;

test.each([
  ['the first measurement: three times it', [400], 1200],
  ['never below the least', [1], 200],
  ['steady ones come closer to it', [400, 400, 400, 400, 400, 400, 400, 400], 507],
  ['never beyond the most', [1e6], 60_000],
])('%s', (_, measured, rtoMs) => {
  const each = copy();
  for (const rttMs of measured) onRoundTrip(each, rttMs, defaultLimits);
  expect(each.rtoMs).toBe(rtoMs);
});

test('a back-off doubles, and ends with the next thing acknowledged', () => {
  const each = copy();
  onRoundTrip(each, 100, defaultLimits);
  backOff(each, defaultLimits);
  backOff(each, defaultLimits);
  expect(each.rtoMs).toBe(1200);
  undoBackOff(each, defaultLimits);
  expect(each.rtoMs).toBe(300);
});
