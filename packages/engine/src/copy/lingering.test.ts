import { expect, test } from 'vitest';
import { Rig } from '../testing/rig.ts';
import { Lingering } from './lingering.ts';

/** Both sides finished, the target last. */
const finished = (multiplier = 1) => {
  const rig = new Rig({ multiplier }).opened().client('P.', { payload: 'abc' }).target('P.', { ack: 3, payload: 'ok' }).online('P.', { ack: 3, payload: 'ok' });
  rig.client('F.', { seq: 3, ack: 2 }).online('F.', { seq: 2, ack: 4 }).target('F.', { seq: 2, ack: 4 }).client('.', { seq: 4, ack: 3 });
  rig.take();
  return rig;
};

test('a copy whose session is over leaves its object, and a late FIN of the target is still acknowledged', () => {
  const rig = finished();
  expect(rig.ended).toEqual({ delivered: 1 });
  expect([rig.copies.length, [...rig.engine.copies()].every((each) => each instanceof Lingering), rig.engine.copiesKnown]).toEqual([0, true, 1]);
  expect(rig.target('F.', { seq: 2, ack: 4 }).take()).toEqual(['. 4 ack 3']);
  expect(rig.target('.', { seq: 3, ack: 4 }).take()).toEqual([]);
  expect(rig.wait(900).target('F.', { seq: 2, ack: 4 }).take()).toEqual(['. 4 ack 3']);
  expect(rig.engine.hasTimers).toBe(true);
  expect(rig.wait(101).engine.copiesKnown).toBe(0);
  expect([rig.engine.hasTimers, rig.target('F.', { seq: 2, ack: 4 }).take()]).toEqual([false, []]);
});

test('a reset of the target frees its pair at once, and once only', () => {
  const rig = finished();
  expect(rig.target('R', { seq: 3 }).engine.copiesKnown).toBe(0);
  expect([...rig.engine.copies()]).toEqual([]);
  rig.client('S', { seq: 999 }); // another number: it is another connection
  expect([rig.copies.length, rig.engine.copiesKnown]).toEqual([1, 1]);
  expect(rig.wait(2000).copies.length).toBe(1);
});

test('its late packets do not look like another session, for a while', () => {
  const rig = finished();
  rig.client('P.', { payload: 'abc' }).client('F.', { seq: 3, ack: 2 }).online('F.', { seq: 2, ack: 4 }).client('S', { seq: -1 });
  expect([rig.engine.sessionsKnown, rig.mapping.sessionsOpened]).toEqual([0, 1]);
  rig.wait(10_000).client('P.', { payload: 'abc' });
  expect(rig.mapping.sessionsOpened).toBe(2);
});
