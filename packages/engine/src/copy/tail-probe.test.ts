import { expect, test } from 'vitest';
import { Rig, type RigOptions } from '../testing/rig.ts';

type Case = [name: string, run: (rig: Rig) => unknown, injected: string[], options?: RigOptions];
const sent = ['. 0 ack 0 1460 bytes', 'P. 1460 ack 0 1460 bytes'];
const first = '. 0 ack 0 1460 bytes';
const last = 'P. 1460 ack 0 1460 bytes';
/** Two segments are on their way. */
const two = (rig: Rig) => rig.opened().client('P.', { payload: new Uint8Array(2920) });

test.each<Case>([
  ['nothing acknowledged for two round trips, 50 ms at least: the first again', (rig) => two(rig).wait(52), [...sent, first]],
  ['not sooner', (rig) => two(rig).wait(48), sent],
  ['and not twice: the time-out is next, a time-out later', (rig) => two(rig).wait(248), [...sent, first]],
  ['which begins anew from the first', (rig) => two(rig).wait(252), [...sent, first, first]],
  ['the last one is lost: it is what is sent again', (rig) => two(rig).wait(20).target('.', { ack: 1460 }).wait(252), [...sent, last]],
  [
    'of three the last two: one for each acknowledgement',
    (rig) =>
      rig
        .opened()
        .client('P.', { payload: new Uint8Array(4380) })
        .target('.', { ack: 1460 })
        .wait(52)
        .target('.', { ack: 2920 })
        .wait(252),
    ['. 0 ack 0 1460 bytes', '. 1460 ack 0 1460 bytes', 'P. 2920 ack 0 1460 bytes', '. 1460 ack 0 1460 bytes', 'P. 2920 ack 0 1460 bytes'],
  ],
  ['one alone waits for its time-out', (rig) => rig.opened().client('P.', { payload: 'abc' }).wait(196), ['P. 0 ack 0 abc']],
  ['a FIN behind it is a second segment', (rig) => rig.opened().client('FP.', { payload: 'bye' }).wait(52), ['P. 0 ack 0 bye', 'F. 3 ack 0', 'P. 0 ack 0 bye']],
  ['not when the time-out is as soon', (rig) => two(rig).wait(100), [...sent], { limits: { probeLeastMs: 200 } }],
  ['not while the answers have no way back', (rig) => two(rig).relay(false).wait(150), sent],
])('%s', (_, run, injected, options = {}) => {
  const rig = new Rig({ pacing: 'window', ...options });
  run(rig);
  expect(rig.take()).toEqual(injected);
});

test('a probe counts as sent twice, and what it repaired as a loss', () => {
  const rig = two(new Rig({ pacing: 'window' })).wait(52);
  const windowBytes = rig.copy.congestionWindowBytes;
  expect(rig.mapping).toMatchObject({ retransmissions: 1, tailProbes: 1 });
  rig.target('P.', { ack: 2920, payload: 'answer' });
  expect(rig.exchanges).toEqual([]);
  expect(rig.copy.congestionWindowBytes).toBeLessThan(windowBytes);
});

test('a probe waits for an assistant that is held up', () => {
  const rig = two(new Rig({ pacing: 'window' }))
    .stick()
    .wait(150);
  expect(rig.take()).toEqual(sent);
  rig.stick(false).wait(36);
  expect(rig.take()).toEqual([first]);
});
