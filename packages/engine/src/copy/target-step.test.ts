import { expect, test } from 'vitest';
import { Rig, type RigOptions } from '../testing/rig.ts';

type Case = [name: string, run: (rig: Rig) => unknown, injected: string[], ended?: Record<string, number>, options?: RigOptions];

const request = (rig: Rig) => rig.opened().client('P.', { payload: 'request' });
/** Four segments of 1460 bytes are on their way. */
const burst = (rig: Rig) => {
  rig.opened().client('P.', { payload: new Uint8Array(5840) });
  rig.take();
  return rig;
};

test.each<Case>([
  ['SYN keeps the number of the client', (rig) => rig.client('S', { seq: -1 }), ['S -1']],
  [
    'SYN+ACK is acknowledged at once, and what waited goes with it',
    (rig) => rig.client('S', { seq: -1 }).client('P.', { payload: 'hello' }).target('S.', { seq: -1 }),
    ['S -1', 'P. 0 ack 0 hello'],
  ],
  ['a SYN+ACK for another number is not ours', (rig) => rig.client('S', { seq: -1 }).target('S.', { seq: -1, ack: 5 }), ['S -1']],
  ['a SYN+ACK again: our ACK was lost', (rig) => rig.opened().target('S.', { seq: -1 }), ['. 0 ack 0']],
  ['refused', (rig) => rig.client('S', { seq: -1 }).target('R.', { seq: -1 }), ['S -1'], { refusedByTarget: 1 }],
  ['a reset that answers another number refuses nothing', (rig) => rig.client('S', { seq: -1 }).target('R.', { seq: -1, ack: 77 }), ['S -1']],
  [
    'TIME_WAIT there: reset at the number it names, and SYN again at once',
    (rig) => rig.client('S', { seq: -1 }).target('.', { seq: 500, ack: -300 }),
    ['S -1', 'R -300', 'S -1'],
  ],
  [
    'a SYN+ACK with a segment size of 1 is not believed',
    (rig) => rig.opened({ mssBytes: 1 }).client('P.', { payload: 'x'.repeat(50) }),
    ['. 0 ack 0 48 bytes', 'P. 48 ack 0 xx'],
  ],
  [
    'without the option the segment size is 536',
    (rig) => rig.opened({ mssBytes: 0 }).client('P.', { payload: 'x'.repeat(538) }),
    ['. 0 ack 0 536 bytes', 'P. 536 ack 0 xx'],
  ],
  [
    'every second full segment is acknowledged',
    (rig) =>
      request(rig)
        .target('.', { ack: 7, payload: new Uint8Array(1460) })
        .target('.', { ack: 7, seq: 1460, payload: new Uint8Array(1460) }),
    ['P. 0 ack 0 request', '. 7 ack 2920'],
  ],
  ['less waits for 20 ms', (rig) => request(rig).target('P.', { ack: 7, payload: 'ok' }).wait(24), ['P. 0 ack 0 request', '. 7 ack 2']],
  [
    'sent again: acknowledged again at once',
    (rig) => request(rig).target('P.', { ack: 7, payload: 'ok' }).wait(24).target('P.', { ack: 7, payload: 'ok' }),
    ['P. 0 ack 0 request', '. 7 ack 2', '. 7 ack 2'],
  ],
  ['a keep-alive is answered', (rig) => request(rig).target('.', { seq: -1, ack: 7 }), ['P. 0 ack 0 request', '. 7 ack 0']],
  [
    'a keep-alive with garbage is answered too',
    (rig) => request(rig).target('P.', { ack: 7, payload: 'ok' }).wait(24).target('.', { seq: 1, ack: 7, payload: '?' }),
    ['P. 0 ack 0 request', '. 7 ack 2', '. 7 ack 2'],
  ],
  [
    'a hole in the answers is acknowledged over',
    (rig) => request(rig).target('P.', { seq: 1460, ack: 7, payload: 'ok' }).wait(24),
    ['P. 0 ack 0 request', '. 7 ack 1462'],
  ],
  ['an acknowledgement of what was never sent is ignored', (rig) => request(rig).target('.', { ack: 8 }).wait(100), ['P. 0 ack 0 request']],
  [
    'a number far outside the window is ignored',
    (rig) =>
      request(rig)
        .target('P.', { seq: 1 << 25, ack: 7, payload: 'x' })
        .wait(100),
    ['P. 0 ack 0 request'],
  ],
  ['three duplicate ACKs resend the first segment', (rig) => [1, 2, 3].reduce((each) => each.target('.', { ack: 0 }), burst(rig)), ['. 0 ack 0 1460 bytes']],
  ['two do not', (rig) => [1, 2].reduce((each) => each.target('.', { ack: 0 }), burst(rig)), []],
  [
    'a partial acknowledgement resends the next hole',
    (rig) => [1, 2, 3].reduce((each) => each.target('.', { ack: 0 }), burst(rig)).target('.', { ack: 2920 }),
    ['. 0 ack 0 1460 bytes', '. 2920 ack 0 1460 bytes'],
  ],
  [
    'of a piece that the window cut, only what was said is resent',
    (rig) => {
      rig
        .opened({ window: 1500 })
        .client('P.', { payload: new Uint8Array(1460) })
        .client('P.', { seq: 1460, payload: new Uint8Array(100) });
      rig.target('.', { ack: 1460, window: 30 });
      for (let count = 0; count < 3; count++) rig.target('.', { ack: 1460, window: 30 });
    },
    ['P. 0 ack 0 1460 bytes', '. 1460 ack 0 30 bytes', '. 1460 ack 0 30 bytes'],
  ],
  ['a reset at the next number ends it', (rig) => request(rig).target('R', { seq: 0 }), ['P. 0 ack 0 request'], { resetByTarget: 1 }],
  ['a reset beyond it is asked for again', (rig) => request(rig).target('R', { seq: 9 }), ['P. 0 ack 0 request', '. 7 ack 0']],
  [
    'and ends it once it comes at the number that was named',
    (rig) => request(rig).target('R', { seq: 9 }).target('R', { seq: 0 }),
    ['P. 0 ack 0 request', '. 7 ack 0'],
    { resetByTarget: 1 },
  ],
  ['a reset behind it does not', (rig) => request(rig).target('R', { seq: -5 }), ['P. 0 ack 0 request']],
  [
    'FIN of the target before the client said all',
    (rig) => request(rig).client('P.', { seq: 7, ack: 5, payload: 'next' }).target('F.', { ack: 7, payload: 'bye' }),
    ['P. 0 ack 0 request', 'R. 7 ack 4'],
    { closedEarlyByTarget: 1 },
  ],
])('%s', (_, run, injected, ended = {}, options = {}) => {
  const rig = new Rig(options);
  run(rig);
  expect(rig.take()).toEqual(injected);
  expect(rig.ended).toEqual(ended);
});

test.each([
  ['agreed by both', true, true, true],
  ['not answered', true, false, false],
  ['answered though never offered', false, true, false],
])('timestamps: %s', (_, offers, answers, expected) => {
  const rig = new Rig();
  rig.client('S', { seq: -1, hasTimestamps: offers }).target('S.', { seq: -1, hasTimestamps: answers, tsVal: 77 });
  expect(rig.packets.at(-1)).toMatchObject({ hasTimestamps: expected });
  if (expected) expect(rig.packets.at(-1)).toMatchObject({ tsEcr: 77 });
});

test('the window of a SYN is not scaled, later ones are', () => {
  const rig = new Rig({ pacing: 'window' }).opened({ windowScale: 4, window: 100 });
  rig.client('P.', { payload: new Uint8Array(300) });
  expect(rig.take()).toEqual(['. 0 ack 0 100 bytes']);
  rig.target('.', { ack: 100, window: 10 });
  expect(rig.take()).toEqual(['. 100 ack 0 160 bytes']);
});

test('a zero-window update that was overtaken by a later window is not believed', () => {
  const rig = new Rig({ pacing: 'window' }).opened().client('P.', { payload: 'abc' });
  rig.target('.', { ack: 3, window: 1000 }).target('.', { ack: 0, window: 0 });
  expect(rig.copy.sendWindowBytes).toBe(1000);
});

test('the window of an overtaken acknowledgement is not added to a later one', () => {
  const rig = new Rig({ pacing: 'window' }).opened({ window: 6 }).client('P.', { payload: 'abcdefghi' });
  rig.take();
  rig.target('.', { seq: 0, ack: 6, window: 1 }).target('.', { seq: 9, ack: 3, window: 5 });
  expect(rig.take()).toEqual(['. 6 ack 0 g']);
});

test('an acknowledgement that overtook its bytes brings its own window', () => {
  const rig = new Rig({ pacing: 'window' }).opened({ window: 6 }).client('P.', { payload: 'abcdefghi' });
  rig.target('P.', { seq: 3, ack: 2, window: 4, payload: 'x' }).target('P.', { seq: 0, ack: 6, window: 2, payload: 'yyy' });
  expect(rig.take()).toEqual(['. 0 ack 0 abcdef', '. 6 ack 4 gh']);
});

test('TIME_WAIT that takes no reset (RFC 1337): after two of them the copy opens from another port, at the same number', () => {
  const rig = new Rig().client('S', { seq: -1 });
  const remembered = () => rig.target('.', { seq: 500, ack: -300 });
  remembered();
  remembered();
  expect(rig.take()).toEqual(['S -1', 'R -300', 'S -1', 'R -300', 'S -1']);
  remembered();
  expect(rig.take()).toEqual(['S -1']);
  const { sourcePort } = rig.copy;
  expect(sourcePort).not.toBe(4000);
  rig.client('P.', { payload: 'abc' }).target('S.', { seq: -1, port: sourcePort });
  expect(rig.take()).toEqual(['P. 0 ack 0 abc']);
  expect(rig.packets.at(-1)!.sourcePort).toBe(sourcePort);
});
