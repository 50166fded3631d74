import { expect, test } from 'vitest';
import { everySession } from '../selection.ts';
import { bucketsOf, Rig } from '../testing/rig.ts';

/** Of a session that is left out, silent for so long, the client says something. */
const silentFor = (ms: number) => {
  const rig = new Rig({ mapping: { selection: { ...everySession, percent: 0.01 } } });
  rig.client('S', { seq: -1 }).online('S.', { seq: -1 }).client('.');
  return rig.wait(ms).client('P.', { payload: 'once more' });
};

test('a session that is left out is drawn once, however long it is silent while it may be open', () => {
  const { mapping } = silentFor(29 * 60_000);
  expect(mapping.sessionsOpened).toBe(1);
  expect(bucketsOf(mapping.ledger.copies)).toEqual({ sampledOut: 1 });
});

test('one whose handshake is not completed is forgotten sooner', () => {
  const rig = new Rig({ mapping: { selection: { ...everySession, percent: 0.01 } } });
  rig.client('S', { seq: -1 }).wait(120_000);
  expect(rig.engine.sessionsKnown).toBe(0);
});
