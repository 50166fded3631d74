import { expect, test } from 'vitest';
import { Rig } from '../testing/rig.ts';
import { KeepingUp } from './keeping-up.ts';

/** Of each 64 segments the first `late` are late. */
const heard = (...late: number[]): KeepingUp => {
  const keepingUp = new KeepingUp();
  for (const count of late) for (let said = 0; said < 64; said++) keepingUp.note(said < count);
  return keepingUp;
};

test.each([
  ['nothing was said', [], false],
  ['15 of 64 were late', [15], false],
  ['16 of 64 were', [16], true],
  ['it catches up', [64, 15], false],
  ['it falls behind', [0, 0, 40], true],
] as const)('behind: %s', (_, late, expected) => {
  expect(heard(...late).isBehind).toBe(expected);
});

test.each([
  ['have their answers when their clients go on', false],
  ['wait for an answer when their clients go on', true],
] as const)('copies that %s', (_, isLate) => {
  const rig = new Rig().opened();
  for (let said = 0; said < 64; said++) {
    rig.client('P.', { seq: said, ack: said, payload: 'q' }).online('P.', { seq: said, ack: said + 1, payload: 'a' });
    const answered = isLate ? said - 1 : said; // the one before, as late as that
    if (answered >= 0) rig.target('P.', { seq: answered, ack: answered + 1, payload: 'a' });
  }
  expect(rig.take().filter((line) => line.endsWith('q'))).toHaveLength(64);
  expect(rig.engine.isBehind).toBe(isLate);
});
