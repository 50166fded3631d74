import { expect, test } from 'vitest';
import { Rig, type RigOptions } from '../testing/rig.ts';

type Case = [name: string, run: (rig: Rig) => unknown, injected: string[], ended?: Record<string, number>, options?: RigOptions];
const quick = { limits: { synRetries: 2, retries: 2, rtoInitialMs: 100, rtoMinMs: 100, probeLeastMs: 100 } };
/** The window is closed with three bytes waiting. */
const closed = (rig: Rig) => {
  rig.opened({ window: 4 }).client('P.', { payload: 'abcd' });
  rig.target('.', { ack: 4, window: 0 }).client('P.', { seq: 4, payload: 'efg' });
  rig.take();
  return rig;
};

test.each<Case>([
  ['SYN again after 1 s, 2 s, 4 s', (rig) => rig.client('S', { seq: -1 }).wait(7100), ['S -1', 'S -1', 'S -1', 'S -1']],
  ['SYN given up', (rig) => rig.client('S', { seq: -1 }).wait(710), ['S -1', 'S -1', 'S -1', 'R 0'], { timedOut: 1 }, quick],
  [
    'nothing acknowledged: all again, one segment at first',
    (rig) =>
      rig
        .opened()
        .client('P.', { payload: new Uint8Array(2920) })
        .wait(104),
    ['. 0 ack 0 1460 bytes', 'P. 1460 ack 0 1460 bytes', '. 0 ack 0 1460 bytes'],
    {},
    quick,
  ],
  [
    'then two when that is acknowledged',
    (rig) =>
      rig
        .opened()
        .client('P.', { payload: new Uint8Array(2920) })
        .wait(104)
        .target('.', { ack: 1460 }),
    ['. 0 ack 0 1460 bytes', 'P. 1460 ack 0 1460 bytes', '. 0 ack 0 1460 bytes', 'P. 1460 ack 0 1460 bytes'],
    {},
    quick,
  ],
  [
    'what turns out to have arrived is not said again',
    (rig) =>
      rig
        .opened()
        .client('P.', { payload: new Uint8Array(2920) })
        .wait(104)
        .target('.', { ack: 2920 })
        .wait(2000),
    ['. 0 ack 0 1460 bytes', 'P. 1460 ack 0 1460 bytes', '. 0 ack 0 1460 bytes'],
    {},
    quick,
  ],
  [
    'FIN again, behind its bytes',
    (rig) => rig.opened().client('FP.', { payload: 'bye' }).wait(104),
    ['P. 0 ack 0 bye', 'F. 3 ack 0', 'P. 0 ack 0 bye', 'F. 3 ack 0'],
    {},
    quick,
  ],
  [
    'FIN alone again',
    (rig) => rig.opened().client('FP.', { payload: 'bye' }).target('.', { ack: 3 }).wait(104),
    ['P. 0 ack 0 bye', 'F. 3 ack 0', 'F. 3 ack 0'],
    {},
    quick,
  ],
  [
    'given up after the last try, reset at both ends of what is unknown',
    (rig) => rig.opened().client('P.', { payload: 'abc' }).wait(704),
    ['P. 0 ack 0 abc', 'P. 0 ack 0 abc', 'P. 0 ack 0 abc', 'R. 3 ack 0', 'R. 0 ack 0'],
    { timedOut: 1 },
    quick,
  ],
  ['a closed window is probed with the number before', (rig) => closed(rig).wait(104), ['. 3 ack 0'], {}, quick],
  [
    'ever more slowly',
    (rig) => closed(rig).wait(690).target('.', { ack: 4, window: 0 }),
    ['. 3 ack 0', '. 3 ack 0'],
    {},
    { limits: { ...quick.limits, retries: 9 } },
  ],
  [
    'and as long as the target answers for ever',
    (rig) =>
      Array.from({ length: 20 })
        .reduce<Rig>((each) => each.wait(600).target('.', { ack: 4, window: 0 }), closed(rig))
        .take(),
    [],
    {},
    { limits: { ...quick.limits, rtoMaxMs: 500 } },
  ],
  ['a target that does not answer probes is gone', (rig) => closed(rig).wait(710), ['. 3 ack 0', '. 3 ack 0', 'R. 4 ack 0'], { timedOut: 1 }, quick],
  ['when it opens, what waited goes at once', (rig) => closed(rig).wait(104).target('.', { ack: 4, window: 9 }), ['. 3 ack 0', 'P. 4 ack 0 efg'], {}, quick],
])('%s', (_, run, injected, ended = {}, options = {}) => {
  const rig = new Rig({ pacing: 'window', ...options });
  run(rig);
  expect(rig.take()).toEqual(injected);
  expect(rig.ended).toEqual(ended);
});

test('a relay that is away is not the fault of the target, and 100 ms after its return everything goes on', () => {
  const rig = new Rig({ ...quick, pacing: 'response' }).opened().client('P.', { payload: 'abc' });
  rig.relay(false).take();
  rig.wait(60_000).client('P.', { seq: 3, payload: 'def' });
  expect(rig.take()).toEqual([]);
  expect(rig.copy.held).toBe('no route to the assistant');
  rig.relay(true).wait(100);
  expect(rig.take()).toContain('P. 0 ack 0 abc');
  expect(rig.ended).toEqual({});
});

test('nobody is blamed for a window probe or an answer that could not be seen', () => {
  const held = new Rig({ ...quick }).opened().client('P.', { payload: 'abc' }).target('.', { ack: 3 }).client('P.', { seq: 3, ack: 5, payload: 'next' });
  const probing = closed(new Rig({ ...quick, pacing: 'window' }));
  for (const rig of [held, probing]) {
    rig.relay(false).wait(60_000);
    expect([rig.ended, rig.copy.hasUnanswered]).toEqual([{}, false]);
  }
});

const asking = () => new Rig({ ...quick }).opened().client('P.', { payload: 'abc' }).stick();

test('while the assistant is held up, a time-out waits for what it may have captured', () => {
  const rig = asking().wait(500);
  expect(rig.take(), 'due after 100 ms').toEqual(['P. 0 ack 0 abc']);
  rig.target('.', { ack: 3 }).stick(false).wait(1000);
  expect(rig.take(), 'the acknowledgement comes first').toEqual([]);
});

test('what the assistant did not capture is said again soon after it has told that', () => {
  const rig = asking().wait(500).stick(false).wait(108);
  expect(rig.take()).toEqual(['P. 0 ack 0 abc', 'P. 0 ack 0 abc']);
});

test('an assistant that never tells is waited for no longer than a relay that is gone', () => {
  const rig = asking().wait(2596);
  expect(rig.take()).toEqual(['P. 0 ack 0 abc']);
  expect(rig.wait(16).take()).toEqual(['P. 0 ack 0 abc']);
});
