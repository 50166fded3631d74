import { expect, test } from 'vitest';
import { bucketsOf, Rig } from '../testing/rig.ts';

const unfinished = (rig: Rig, sinceMs: number) => rig.engine.unfinishedSince(sinceMs).map(({ clientPort }) => clientPort);

test('sessions that were silent since packets were lost are named, those that spoke or ended are not', () => {
  const rig = new Rig();
  for (const port of [4000, 4001, 4002])
    rig.client('S', { seq: -1, port }).online('S.', { seq: -1, port }).client('.', { port }).target('S.', { seq: -1, port });
  rig.client('F.', { port: 4002 });
  const lostAtMs = rig.nowMs;
  expect(unfinished(rig, lostAtMs - 1)).toEqual([]);
  rig.wait(100).client('P.', { port: 4001, payload: 'abc' });
  expect(unfinished(rig, lostAtMs)).toEqual([4000]);
});

test('one whose end was lost is reset at the target, and counted as such', () => {
  const rig = new Rig().opened().client('P.', { payload: 'abc' }).target('P.', { ack: 3, payload: 'yes' });
  rig.take();
  const [session] = rig.engine.unfinishedSince(rig.nowMs);
  rig.engine.endUnseen(session!, rig.nowMs);
  rig.engine.endUnseen(session!, rig.nowMs);
  expect(rig.take()).toEqual(['R. 3 ack 3']);
  expect(rig.ended).toEqual({ captureDrop: 1 });
  expect(bucketsOf(rig.mapping.ledger.bytes)).toEqual({ delivered: 3 });
  expect([rig.engine.sessionsKnown, rig.mapping.sessionsOpen]).toEqual([0, 0]);
});
