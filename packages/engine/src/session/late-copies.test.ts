import { expect, test } from 'vitest';
import { Rig, type RigOptions } from '../testing/rig.ts';

type Case = [name: string, run: (rig: Rig) => unknown, injected: string[], ended?: Record<string, number>, options?: RigOptions];

/** The client asks at `seq`, having seen `ack` bytes; the online server answers with 2 bytes. */
const exchange = (rig: Rig, seq: number, ack: number, payload: string) =>
  rig.client('P.', { seq, ack, payload }).online('P.', { seq: ack, ack: seq + payload.length, payload: 'ok' });
/** The target takes the newest copy, which begins at `seq`. */
const accepted = (rig: Rig, seq: number) => rig.target('S.', { seq: -1, ack: seq, port: rig.copies.at(-1)!.sourcePort });
/** A copy that the target has answered once. */
const answered = (rig: Rig) => {
  exchange(rig.opened(), 0, 0, 'one').target('P.', { ack: 3, payload: 'ok' }).wait(40);
  rig.take();
  return rig;
};

test.each<Case>([
  [
    'open before: its second request is the first that is seen to be one',
    (rig) => accepted(exchange(exchange(rig, 0, 0, 'one'), 3, 2, 'two'), 3),
    ['S 2', 'P. 3 ack 0 two'],
    { midStreamSkipped: 1 },
  ],
  [
    'in the middle of an upload: nothing of it',
    (rig) => {
      rig.client('.', { payload: new Uint8Array(1000) }).online('.', { ack: 1000 });
      rig.client('.', { seq: 1000, payload: new Uint8Array(1000) }).online('.', { ack: 2000 });
      exchange(exchange(rig, 2000, 0, 'end'), 2003, 2, 'two');
    },
    ['S 2002'],
    { midStreamSkipped: 1 },
  ],
  [
    'what follows 100 Continue begins no request',
    (rig) => exchange(exchange(exchange(rig, 0, 0, 'POST / HTTP/1.1\r\nexpect: 100-Continue\r\n\r\n'), 41, 2, 'body'), 45, 4, 'two'),
    ['S 44'],
    { midStreamSkipped: 1 },
  ],
  [
    'nor what follows an answer that came before all was said',
    (rig) => exchange(rig.client('.', { payload: 'part ' }).online('P.', { ack: 5, payload: 'ok' }), 5, 2, 'rest'),
    [],
    { midStreamSkipped: 1 },
  ],
  [
    'nor what the client says before it has seen the answer',
    (rig) => exchange(rig, 0, 0, 'one').client('P.', { seq: 3, ack: 0, payload: 'two' }),
    [],
    { midStreamSkipped: 1 },
  ],
  [
    'its beginning was captured behind its end',
    (rig) => accepted(exchange(rig, 0, 0, 'one').client('P.', { seq: 5, ack: 2, payload: 'o!' }).client('.', { seq: 3, ack: 2, payload: 'tw' }), 3),
    ['S 2', '. 3 ack 0 tw', 'P. 5 ack 0 o!'],
    { midStreamSkipped: 1 },
  ],
  [
    'met by the last byte of a request, which was pushed and so is no probe',
    (rig) => exchange(exchange(rig, 2, 0, 'e'), 3, 2, 'two'),
    ['S 2'],
    { midStreamSkipped: 1 },
  ],
  [
    'the end of a request overtook its beginning while no copy may begin yet: the next one is seen to be one',
    (rig) => {
      exchange(rig.opened(), 0, 0, 'one').target('R.', { ack: 3 });
      rig.client('P.', { seq: 5, ack: 2, payload: 'o!' }).client('.', { seq: 3, ack: 2, payload: 'tw' }).online('P.', { seq: 2, ack: 7, payload: 'ok' });
      exchange(rig.wait(300), 7, 4, 'six');
    },
    ['P. 0 ack 0 one', 'S 6'],
    { resetByTarget: 1 },
  ],
  [
    'a request that is its last',
    (rig) => accepted(exchange(rig, 0, 0, 'one').client('FP.', { seq: 3, ack: 2, payload: 'two' }), 3),
    ['S 2', 'P. 3 ack 0 two', 'F. 6 ack 0'],
    { midStreamSkipped: 1 },
  ],
  ['immediate: its first byte', (rig) => accepted(rig.client('.', { payload: 'abc' }), 0), ['S -1', '. 0 ack 0 abc'], {}, { midStream: 'immediate' }],
  [
    'immediate: a lone byte may be the garbage of a probe',
    (rig) => accepted(rig.client('.', { payload: '?' }).client('.', { seq: 1, payload: 'abc' }), 1),
    ['S 0', '. 1 ack 0 abc'],
    {},
    { midStream: 'immediate' },
  ],
  [
    'immediate: nor does a copy begin with such a byte behind a hole',
    (rig) => {
      rig.opened().online('.', { ack: 10 }).wait(4000);
      rig.take();
      accepted(rig.client('.', { seq: 9, payload: '?' }).client('.', { seq: 10, payload: 'abc' }), 10);
    },
    ['S 9', '. 10 ack 0 abc'],
    { unfillableGap: 1 },
    { midStream: 'immediate' },
  ],
  ['skip: never', (rig) => exchange(exchange(rig, 0, 0, 'one'), 3, 2, 'two'), [], { midStreamSkipped: 1 }, { midStream: 'skip' }],
  ['skip: not after a reset either', (rig) => exchange(answered(rig).target('R', { seq: 2 }), 3, 2, 'two'), [], { resetByTarget: 1 }, { midStream: 'skip' }],
  ['without a way back nothing begins', (rig) => exchange(exchange(rig, 0, 0, 'one').relay(false), 3, 2, 'two').relay(true), [], { midStreamSkipped: 1 }],
  ['reset by the target: the next request', (rig) => exchange(answered(rig).target('R', { seq: 2 }), 3, 2, 'two'), ['S 2'], { resetByTarget: 1 }],
  [
    'closed by the target: the next request',
    (rig) => exchange(answered(rig).target('F.', { seq: 2, ack: 3 }), 3, 2, 'two'),
    ['. 3 ack 3', 'R. 3 ack 3', 'S 2'],
    { closedEarlyByTarget: 1 },
  ],
  [
    'closed by the target while the next request waits for its answer: that one',
    (rig) => accepted(exchange(exchange(rig.opened(), 0, 0, 'one'), 3, 2, 'two').target('FP.', { ack: 3, payload: 'ok' }), 3),
    ['P. 0 ack 0 one', 'R. 3 ack 3', 'S 2', 'P. 3 ack 0 two'],
    { closedEarlyByTarget: 1 },
  ],
  [
    'what was said to it already is not said again',
    (rig) => {
      exchange(exchange(rig.opened(), 0, 0, 'one'), 3, 2, 'two')
        .target('FP.', { ack: 3, payload: 'ok' })
        .target('R', { seq: 3 });
      exchange(rig, 6, 4, 'six');
    },
    ['P. 0 ack 0 one', 'P. 3 ack 0 two', '. 6 ack 3', 'S 5'],
    { closedEarlyByTarget: 1 },
    { pacing: 'window', limits: { reopenMs: 0 } },
  ],
  [
    'a gap that the online server has not: from the second request behind it',
    (rig) => exchange(exchange(answered(rig).online('P.', { seq: 2, ack: 6, payload: 'ok' }), 6, 4, 'six'), 9, 6, 'nine'),
    ['R. 3 ack 2', 'S 8'],
    { unfillableGap: 1 },
  ],
  [
    'refused: again after 250, 500, 1000, 1000 ms at the earliest',
    (rig) => {
      rig.client('S', { seq: -1 }).online('S.', { seq: -1 }).client('.');
      for (let count = 0; count < 40; count++) {
        const copy = rig.copies.at(-1);
        if (copy !== undefined) rig.target('R.', { seq: -1, ack: (copy.iss - rig.clientIss) | 0 });
        exchange(rig, count * 3, count * 2, 'ask').wait(100);
      }
    },
    ['S -1', 'S 8', 'S 23', 'S 53', 'S 83', 'S 113'],
    { refusedByTarget: 6 },
  ],
  [
    'of several copies the one that ended',
    (rig) => {
      exchange(rig.opened(), 0, 0, 'one');
      const port = rig.copies[1]!.sourcePort;
      rig.target('S.', { seq: -1, port }).target('P.', { ack: 3, payload: 'ok' }).target('P.', { ack: 3, payload: 'ok', port }).wait(40);
      rig.take();
      exchange(rig.target('R', { seq: 2, port }), 3, 2, 'two');
    },
    ['S 2', 'P. 3 ack 2 two'],
    { resetByTarget: 1 },
    { multiplier: 2 },
  ],
])('%s', (_, run, injected, ended = {}, options = {}) => {
  const rig = new Rig(options);
  run(rig);
  expect(rig.take()).toEqual(injected);
  expect(rig.ended).toEqual(ended);
  const { asked, inFlight } = rig.mapping.ledger.copies;
  expect(asked).toBe(inFlight + Object.values(ended).reduce((sum, count) => sum + count, 0));
  rig.stop().wait(5000);
  expect([rig.engine.storeUsedBytes, rig.engine.copiesKnown, rig.engine.sessionsKnown]).toEqual([0, 0, 0]);
});

test('a mapping that is started again meets the sessions that stayed open', () => {
  const rig = new Rig().opened();
  exchange(rig, 0, 0, 'one');
  rig.stop();
  rig.engine.addMapping(rig.mapping.config);
  rig.engine.setRelayUp('m', true, rig.nowMs);
  rig.take();
  exchange(exchange(rig, 3, 2, 'two'), 6, 4, 'six');
  expect(rig.take()).toEqual(['S 5']);
});

test('a mapping that comes second has copies from the next request on, and misses none of a session that the first one knows', () => {
  const rig = new Rig();
  exchange(rig.opened(), 0, 0, 'one');
  const second = rig.engine.addMapping({ ...rig.mapping.config, id: 'second', target: { address: '10.0.1.9', port: 1 } });
  rig.engine.setRelayUp('second', true, rig.nowMs);
  rig.target('P.', { ack: 3, payload: 'ok' }).take();
  exchange(rig, 3, 2, 'two');
  expect(rig.take()).toEqual(['S 2', 'P. 3 ack 2 two']);
  expect(second.ledger.copies).toMatchObject({ asked: 1, inFlight: 1 });
});
