import { expect, test } from 'vitest';
import { Rig } from '../testing/rig.ts';

const resets = (rig: Rig): string[] => rig.measures().filter((measure) => measure.endsWith('reset'));

test.each([
  ['the online server resets an open connection', (rig: Rig) => rig.opened().online('R.', { ack: 0 }), ['online reset']],
  ['the online server refuses', (rig: Rig) => rig.client('S', { seq: -1 }).online('R.', { seq: -1, ack: 0 }), ['online reset']],
  ['the target resets an open connection', (rig: Rig) => rig.opened().target('R.', { ack: 0 }), ['target reset']],
  ['the target refuses', (rig: Rig) => rig.client('S', { seq: -1 }).target('R.', { seq: -1, ack: 0 }), ['target reset']],
  ['both servers reset', (rig: Rig) => rig.opened().online('R.', { ack: 0 }).target('R.', { ack: 0 }), ['online reset', 'target reset']],
  ['the target confirms a reset that was said again', (rig: Rig) => rig.opened().online('R.', { ack: 0 }).wait(100).target('R.', { ack: 0 }), ['online reset']],
  ['the client resets', (rig: Rig) => rig.opened().client('R', { seq: 0 }), []],
  [
    'a reset that is said twice',
    (rig: Rig) => rig.opened().target('R.', { ack: 0 }).target('R.', { ack: 0 }).online('R.', { ack: 0 }).online('R.', { ack: 0 }),
    ['target reset', 'online reset'],
  ],
])('connections that a server refuses or resets are counted once: %s', (_, happens, expected) => {
  const rig = new Rig();
  happens(rig);
  expect(resets(rig)).toEqual(expected);
});
