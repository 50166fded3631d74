import { expect, test } from 'vitest';
import { Rig, type RigOptions } from '../testing/rig.ts';

type Case = [name: string, run: (rig: Rig) => unknown, injected: string[], held: string | null, options?: RigOptions];

test.each<Case>([
  ['one segment leaves as it came', (rig) => rig.opened().client('P.', { payload: 'hello' }), ['P. 0 ack 0 hello'], null],
  ['before the handshake it waits', (rig) => rig.client('S', { seq: -1 }).client('P.', { payload: 'hello' }), ['S -1'], 'handshake with the target'],
  [
    'a super-segment is cut to the segment size',
    (rig) => rig.opened({ mssBytes: 1000 }).client('P.', { payload: new Uint8Array(2500) }),
    ['. 0 ack 0 1000 bytes', '. 1000 ack 0 460 bytes', '. 1460 ack 0 1000 bytes', 'P. 2460 ack 0 40 bytes'],
    null,
  ],
  [
    'and to the MTU',
    (rig) => rig.opened({ mssBytes: 8960 }).client('P.', { payload: new Uint8Array(700) }),
    ['. 0 ack 0 536 bytes', 'P. 536 ack 0 164 bytes'],
    null,
    { limits: { mtuBytes: 576 } },
  ],
  ['a window smaller than a piece', (rig) => rig.opened({ window: 4 }).client('P.', { payload: 'abcdefg' }), ['. 0 ack 0 abcd'], 'target window'],
  [
    'no small remainders while something is on its way',
    (rig) => rig.opened({ window: 9 }).client('P.', { payload: 'abcdefg' }).client('P.', { seq: 7, payload: 'hijk' }),
    ['P. 0 ack 0 abcdefg'],
    'target window',
  ],
  [
    'ten segments at first',
    (rig) => rig.opened().client('P.', { payload: new Uint8Array(16_060) }),
    Array.from({ length: 10 }, (_, index) => `. ${index * 1460} ack 0 1460 bytes`),
    'congestion window',
  ],
  ['a closed window', (rig) => rig.opened({ window: 0 }).client('P.', { payload: 'abc' }), [], 'target window'],
  ['FIN behind its bytes, never before', (rig) => rig.opened({ window: 2 }).client('FP.', { payload: 'abc' }), ['. 0 ack 0 ab'], 'target window'],
  [
    'FIN in its turn',
    (rig) => rig.opened().client('P.', { payload: 'abc' }).client('F.', { seq: 3, ack: 9 }).target('.', { ack: 3 }),
    ['P. 0 ack 0 abc'],
    'waiting for the answer',
    { pacing: 'response' },
  ],
  ['FIN once', (rig) => rig.opened().client('F.').client('F.'), ['F. 0 ack 0'], null],
  [
    'a FIN ahead of its bytes waits for them',
    (rig) => rig.opened().client('F.', { seq: 3 }).client('P.', { payload: 'abc' }),
    ['P. 0 ack 0 abc', 'F. 3 ack 0'],
    null,
  ],
])('%s', (_, run, injected, held, options = {}) => {
  const rig = new Rig({ pacing: 'window', ...options });
  run(rig);
  expect(rig.take()).toEqual(injected);
  expect(rig.copy.held).toBe(held);
});

test('the window opens as acknowledgements come in', () => {
  const rig = new Rig({ pacing: 'window' }).opened().client('P.', { payload: new Uint8Array(29_200) });
  expect(rig.take().length).toBe(10);
  rig.target('.', { ack: 2920 });
  expect(rig.take().length).toBe(4); // slow start: what was acknowledged, and as much again (RFC 5681 §3.1)
});

test('each copy has its own window', () => {
  const rig = new Rig({ pacing: 'window', multiplier: 2 });
  const { sourcePort: port } = rig.client('S', { seq: -1, mssBytes: 1460 }).packets[1]!;
  rig.target('S.', { seq: -1, window: 3 }).target('S.', { seq: -1, port });
  rig.take();
  rig.client('P.', { payload: 'abcdef' });
  expect(rig.take()).toEqual(['. 0 ack 0 abc', 'P. 0 ack 0 abcdef']);
  rig.target('.', { ack: 6, port }).target('.', { ack: 3 });
  expect(rig.take()).toEqual(['P. 3 ack 0 def']);
  rig.target('.', { ack: 6 });
  expect(rig.engine.storeUsedBytes).toBe(0);
});
