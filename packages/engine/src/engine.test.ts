import { expect, test } from 'vitest';
import { bucketsOf, Rig, type RigOptions } from './testing/rig.ts';

type Case = [name: string, run: (rig: Rig) => unknown, injected: string[], ended?: Record<string, number>, options?: RigOptions];

test.each<Case>([
  ['SYN again is no second session', (rig) => rig.client('S', { seq: -1 }).client('S', { seq: -1 }), ['S -1']],
  ['each copy has a connection of its own', (rig) => rig.client('S', { seq: -1 }), ['S -1', 'S -1', 'S -1'], {}, { multiplier: 3 }],
  ['without a way back nothing is sent', (rig) => rig.client('S', { seq: -1 }).wait(5000), [], {}, { isRelayUp: false }],
  ['and once there is one, at once', (rig) => rig.client('S', { seq: -1 }).relay(true), ['S -1'], {}, { isRelayUp: false }],
  [
    'open before the mapping: counted once, left alone',
    (rig) => rig.client('P.', { payload: 'abc' }).client('P.', { seq: 3, payload: 'def' }).client('F.', { seq: 6 }),
    [],
    { midStreamSkipped: 2 },
    { multiplier: 2 },
  ],
  ['an acknowledgement alone is no session', (rig) => rig.client('.'), []],
  ['data in the SYN goes behind the handshake', (rig) => rig.client('S', { seq: -1, payload: 'early' }).target('S.', { seq: -1 }), ['S -1', '. 0 ack 0 early']],
  [
    'and not twice when the online server did not take them',
    (rig) => rig.client('S', { seq: -1, payload: 'early' }).online('S.', { seq: -1 }).client('.').client('P.', { payload: 'early' }).target('S.', { seq: -1 }),
    ['S -1', '. 0 ack 0 early'],
  ],
  [
    'the online server took them',
    (rig) => rig.client('S', { seq: -1, payload: 'early' }).online('S.', { seq: -1, ack: 5 }).client('P.', { seq: 5, payload: '!' }).target('S.', { seq: -1 }),
    ['S -1', '. 0 ack 0 early', 'P. 5 ack 0 !'],
  ],
  [
    'acknowledged past what was captured: over at once',
    (rig) => rig.opened().client('P.', { payload: 'abc' }).target('.', { ack: 3 }).online('.', { ack: 9 }),
    ['P. 0 ack 0 abc', 'R. 3 ack 0'],
    { unfillableGap: 1 },
  ],
  [
    'a FIN that was not captured shows in its acknowledgement',
    (rig) => rig.opened().client('P.', { payload: 'abc' }).target('.', { ack: 3 }).online('.', { ack: 4 }),
    ['P. 0 ack 0 abc', 'R. 3 ack 0'],
    { unfillableGap: 1 },
  ],
  ['acknowledgements to an older connection say nothing', (rig) => rig.client('S', { seq: -1 }).online('.', { seq: 70_000, ack: 90_000 }), ['S -1']],
  [
    'the FIN of the online server and then silence',
    (rig) => rig.opened().online('F.').wait(102_000),
    ['R. 0 ack 0', 'R. 0 ack 0', 'R. 0 ack 0', 'R. 0 ack 0'],
    { timedOut: 1 },
  ],
  ['nothing at all for half an hour', (rig) => rig.opened().wait(1_812_000), ['R. 0 ack 0', 'R. 0 ack 0', 'R. 0 ack 0', 'R. 0 ack 0'], { timedOut: 1 }],
  [
    'a handshake that was never completed',
    (rig) => rig.client('S', { seq: -1 }).target('S.', { seq: -1 }).wait(102_000),
    ['S -1', '. 0 ack 0', 'R. 0 ack 0', 'R. 0 ack 0', 'R. 0 ack 0', 'R. 0 ack 0'],
    { timedOut: 1 },
  ],
  ['one session too many', (rig) => rig.opened().client('S', { seq: -1, port: 4001 }), [], { overLimit: 1 }, { limits: { sessions: 1 } }],
  [
    'more bytes than a session may hold',
    (rig) => rig.opened().client('.', { payload: new Uint8Array(1000) }),
    ['R. 0 ack 0'],
    { overLimit: 1 },
    { limits: { sessionBytes: 999 } },
  ],
])('%s', (_, run, injected, ended = {}, options = {}) => {
  const rig = new Rig(options);
  run(rig);
  expect(rig.take()).toEqual(injected);
  expect(rig.ended).toEqual(ended);
});

test('a full store sheds the session that asks, not the others', () => {
  const rig = new Rig({ storeBytes: 16_384 }).opened();
  rig.client('S', { seq: -1, port: 4001 }).target('S.', { seq: -1, port: 4001 });
  for (let at = 0; at < 20_000; at += 1000) rig.client('.', { seq: at, payload: new Uint8Array(1000) });
  expect(rig.ended).toEqual({ overLimit: 1 });
  expect(rig.engine.storeUsedBytes).toBe(0);
  rig.take();
  rig.client('P.', { port: 4001, payload: 'fine' });
  expect(rig.take()).toEqual(['P. 0 ack 0 fine']);
});

test('SYN again with other options: the latest are offered, and what was ever offered may be agreed', () => {
  const rig = new Rig().client('S', { seq: -1, hasTimestamps: true, windowScale: 7, mssBytes: 1400 });
  rig.client('S', { seq: -1, mssBytes: 1200 }).wait(1004);
  expect(rig.packets.map(({ mssBytes, windowScale, hasTimestamps }) => [mssBytes, windowScale, hasTimestamps])).toEqual([
    [1400, 8, true],
    [1200, -1, false],
  ]);
  rig.target('S.', { seq: -1, hasTimestamps: true, windowScale: 3 });
  expect([rig.copy.hasTimestamps, rig.copy.sendScale]).toEqual([true, 3]);
});

test('the client uses its port again while a copy still drains: the new copy takes another port, the old one delivers', () => {
  const rig = new Rig().opened().client('P.', { payload: 'last words' }).client('F.', { seq: 10 });
  rig.take();
  const { sourcePort: port } = rig.client('S', { seq: 499_999 }).packets.at(-1)!;
  expect(port).not.toBe(4000);
  expect(rig.copies.map(({ sourcePort, state }) => [sourcePort, state])).toEqual([
    [4000, 'open'],
    [port, 'opening'],
  ]);
  rig.target('P.', { ack: 10, payload: 'x' }).target('F.', { seq: 1, ack: 11 });
  expect(rig.ended).toEqual({ delivered: 1 });
});

test('late packets of a session that ended are not a connection that was there before', () => {
  const rig = new Rig().opened().client('P.', { payload: 'abc' }).online('R.', { ack: 3 }).target('P.', { ack: 3, payload: 'x' });
  expect(rig.engine.sessionsKnown).toBe(0);
  rig.wait(100).client('P.', { payload: 'abc' });
  expect(rig.ended).toEqual({ delivered: 1 });
});

test('one request, one answer: one exchange on each side, with the time inside the server', () => {
  const rig = new Rig({ limits: { delayedAckMs: 20 } }).opened();
  rig.client('.', { payload: 'half' }).client('P.', { seq: 4, payload: 'half' }).wait(12);
  rig.online('.', { ack: 8, payload: 'answer' }).online('P.', { seq: 6, ack: 8, payload: 'more' }).wait(8);
  rig.target('P.', { ack: 8, payload: 'answer' }).target('P.', { seq: 6, ack: 8, payload: 'more' });
  expect(rig.exchanges).toEqual([
    ['online', 12_000],
    ['target', 20_000],
  ]);
  expect([rig.mapping.onlineExchanges, rig.mapping.targetExchanges]).toEqual([1, 1]);
});

test('a request that the client said again is no second request', () => {
  const rig = new Rig().opened().client('P.', { payload: 'ask' }).online('P.', { ack: 3, payload: 'answer' });
  rig.client('P.', { payload: 'ask' }).online('P.', { seq: 6, ack: 3, payload: 'more' });
  expect(rig.mapping.onlineExchanges).toBe(1);
});

test('a request that was sent twice says nothing about the time of the target', () => {
  const rig = new Rig().opened().client('P.', { payload: 'ask' }).wait(1300).target('P.', { ack: 3, payload: 'answer' });
  expect(rig.exchanges).toEqual([]);
  expect(rig.mapping.targetExchanges).toBe(1);
});

test('a copy cannot keep a client address of the other IP version', () => {
  const rig = new Rig();
  rig.engine.addMapping({
    id: 'v6',
    listen: { address: null, port: 80 },
    target: { address: 'fd00::1', port: 80 },
    multiplier: 1,
    pacing: 'response',
  });
  rig.client('S', { seq: -1 });
  expect(rig.engine.mappings.get('v6')!.ledger.copies.ended.noPortFree).toBe(1);
  expect(rig.take()).toEqual(['S -1']);
});

test('numbers that wrap in the middle of a request', () => {
  const rig = new Rig({ clientIss: -3, pacing: 'window' }).opened().client('P.', { payload: 'abcd' }).client('P.', { seq: 4, payload: 'efgh' });
  rig.target('.', { ack: 8 }).client('F.', { seq: 8 }).target('F.', { ack: 9 });
  expect(rig.take()).toEqual(['P. 0 ack 0 abcd', 'P. 4 ack 0 efgh', 'F. 8 ack 0', '. 9 ack 1']);
  expect([rig.mapping.ledger.bytes.asked, bucketsOf(rig.mapping.ledger.bytes)]).toEqual([8, { delivered: 8 }]);
});

test('nothing is left when a mapping is removed', () => {
  const rig = new Rig({ multiplier: 2 }).opened().client('P.', { payload: 'abc' }).client('P.', { seq: 10, payload: 'beyond a gap' });
  rig.stop().wait(5000);
  expect(rig.ended).toEqual({ stopped: 2 });
  expect([rig.engine.storeUsedBytes, rig.engine.copiesKnown, rig.engine.sessionsKnown, rig.engine.hasTimers]).toEqual([0, 0, 0, false]);
  expect([rig.mapping.ledger.bytes.asked, bucketsOf(rig.mapping.ledger.bytes)]).toEqual([6, { stopped: 6 }]);
});
