import { expect, test } from 'vitest';
import { bucketsOf, Rig } from '../testing/rig.ts';

/** A request is out, and the client has said the next one after it saw ten bytes of the online server's answer. */
const asked = (pacing: 'response' | 'timing' | 'window' = 'response') => {
  const rig = new Rig({ pacing }).opened().client('P.', { payload: 'first' });
  rig.online('P.', { ack: 5, payload: '0123456789' }).client('P.', { seq: 5, ack: 10, payload: 'second' });
  expect(rig.take()[0]).toBe('P. 0 ack 0 first');
  return rig;
};
const second = /second/;

test.each<[string, (rig: Rig) => unknown, boolean]>([
  ['waits for the answer', (rig) => rig.wait(5000), false],
  ['goes when the target has answered and pushed', (rig) => rig.target('P.', { ack: 5, payload: 'yes' }), true],
  ['an acknowledgement alone is no answer', (rig) => rig.target('.', { ack: 5 }).wait(5000), false],
  ['without PSH a short quiet ends the answer', (rig) => rig.target('.', { ack: 5, payload: 'yes' }).wait(8), true],
  ['but not before', (rig) => rig.target('.', { ack: 5, payload: 'yes' }), false],
  ['exactly the bytes that the client had seen will do, however they came', (rig) => rig.target('.', { ack: 5, payload: '0123456789' }), true],
  ['an answer before all was received does not count', (rig) => rig.target('P.', { ack: 2, payload: 'early' }).wait(100), false],
  ['nor when the rest is acknowledged', (rig) => rig.target('P.', { ack: 2, payload: 'early' }).target('.', { seq: 5, ack: 5 }).wait(100), false],
  ['unless nothing else comes', (rig) => rig.target('P.', { ack: 2, payload: 'early' }).target('.', { seq: 5, ack: 5 }).wait(208), true],
  ['a target that closed will not answer', (rig) => rig.online('F.', { seq: 10, ack: 11 }).target('F.', { ack: 5 }), true],
  ['an answer whose header was lost shows in the next acknowledgement', (rig) => rig.target('.', { seq: 3, ack: 5 }).wait(8), true],
  ['after ten seconds it goes all the same', (rig) => rig.target('.', { ack: 5 }).wait(10_004), true],
])('response: %s', (_, run, goes) => {
  const rig = asked();
  run(rig);
  expect(rig.take().some((line) => second.test(line))).toBe(goes);
  if (!goes) expect(rig.copy.held).toBe('waiting for the answer');
});

test('a time-out of the answer is remembered in the ending', () => {
  const rig = asked().target('.', { ack: 5 }).wait(10_004);
  rig.target('P.', { ack: 11, payload: 'late' }).client('F.', { seq: 11, ack: 10 });
  rig.target('.', { seq: 4, ack: 12 }).target('F.', { seq: 4, ack: 12 });
  expect(rig.ended).toEqual({ deliveredUnanswered: 1 });
});

test('response: the greeting of a server that speaks first is waited for', () => {
  const rig = new Rig().opened().online('P.', { payload: 'hello' }).client('P.', { ack: 5, payload: 'login' });
  expect(rig.take()).toEqual([]);
  rig.target('P.', { payload: 'hi' });
  expect(rig.take()).toEqual(['P. 0 ack 2 login']);
});

test('response: a request said in parts while an answer comes in does not wait for an answer to a part', () => {
  const rig = new Rig().opened().client('P.', { payload: 'ab' });
  rig.client('P.', { seq: 2, ack: 3, payload: 'c1' }).client('P.', { seq: 4, ack: 6, payload: 'c2' });
  rig.online('P.', { ack: 2, payload: '123456' });
  rig.take();
  rig.target('P.', { ack: 2, payload: '123456' });
  expect(rig.take()).toEqual(['P. 2 ack 6 c1']);
  rig.target('.', { seq: 6, ack: 4 });
  expect(rig.take()).toEqual(['P. 4 ack 6 c2']);
});

test('response: the rest of a request whose beginning was sent behind an answer does not wait for another', () => {
  // The client pipelines, and has seen less of the online server than the target has said by now.
  const rig = new Rig().opened().client('P.', { payload: 'q1q2' });
  rig.target('P.', { ack: 4, payload: 'a1a2' }).client('P.', { seq: 4, payload: 'q' });
  rig.online('P.', { ack: 5, payload: 'a1' }).client('P.', { seq: 5, ack: 2, payload: '3' });
  rig.target('.', { seq: 4, ack: 5 });
  expect(rig.take()).not.toContain('P. 5 ack 4 3');
  rig.wait(208);
  expect(rig.take()).toContain('P. 5 ack 4 3');
});

test.each<[string, number, boolean]>([
  ['more of the answer to what it had said before', 4, false],
  ['the answer to it', 5, true],
])('response: a client that pipelines sees, in the middle of a request, %s', (_, received, waits) => {
  // The target is ahead: it had answered both requests before the client saw the first answer and spoke on.
  const rig = new Rig().opened().client('P.', { payload: 'q1q2' }).target('P.', { ack: 4, payload: 'a1a2' });
  rig.online('.', { ack: 4, payload: 'a1a' }).client('P.', { seq: 4, ack: 2, payload: 'q' }).target('.', { seq: 4, ack: 5 });
  rig.online('P.', { seq: 3, ack: received, payload: '2bc' }).client('P.', { seq: 5, ack: 6, payload: '3' });
  expect(rig.take().includes('P. 5 ack 4 3')).toBe(!waits);
  expect(rig.copy.held).toBe(waits ? 'waiting for the answer' : null);
});

test('response: a client that speaks on in the middle of an answer does not speak because of it', () => {
  const rig = new Rig().opened().client('P.', { payload: 'q1' }).online('P.', { ack: 2, payload: '123456' });
  rig.client('P.', { seq: 2, ack: 4, payload: 'q2' });
  expect(rig.take()).toEqual(['P. 0 ack 0 q1', 'P. 2 ack 0 q2']);
});

test.each<[string, (rig: Rig) => unknown, boolean]>([
  ['when the online server has said as much as the target', (rig) => rig.online('P.', { seq: 3, ack: 5, payload: '3' }), true],
  [
    'when it did so before its request was acknowledged',
    (rig) => rig.online('P.', { seq: 3, ack: 5, payload: '3' }).online('P.', { seq: 4, ack: 6, payload: '45' }),
    true,
  ],
  ['not while it has said less', (rig) => rig, false],
  ['not when it has said more at once, as a server that answers otherwise', (rig) => rig.online('P.', { seq: 3, ack: 5, payload: '345' }), false],
])('response: a target that was ahead is waited for no longer %s', (_, run, goes) => {
  // The target had answered the first request before the second one began; the online server answers it while it has a part of the second.
  const rig = new Rig().opened().client('P.', { payload: 'q1' }).target('P.', { ack: 2, payload: 'abcd' });
  rig.client('P.', { seq: 2, payload: 'q2a' }).online('.', { ack: 5, payload: '012' }).client('P.', { seq: 5, ack: 3, payload: 'q2b' });
  run(rig);
  rig.target('.', { seq: 4, ack: 5 });
  expect(rig.take().includes('P. 5 ack 4 q2b')).toBe(goes);
});

test('response: a target that is behind has answered what the client had seen once it says what the online server had said when it paused', () => {
  const rig = new Rig().opened().client('P.', { payload: 'q1' });
  rig.client('P.', { seq: 2, payload: 'q2a' }).online('P.', { ack: 5, payload: '012' }).client('P.', { seq: 5, ack: 3, payload: 'q2b' });
  rig.online('P.', { seq: 3, ack: 8, payload: '34' }).online('P.', { seq: 5, ack: 8, payload: '56' });
  rig.target('.', { ack: 2, payload: '01234' });
  rig.take();
  rig.target('.', { seq: 5, ack: 5 });
  expect(rig.take()).toEqual(['P. 5 ack 5 q2b']);
});

test('response: requests that a client says while an earlier answer comes in are one turn, and answered', () => {
  const rig = new Rig().opened().client('P.', { payload: 'q1' }).target('P.', { ack: 2, payload: '12345678' });
  rig.online('P.', { ack: 2, payload: '12345678' });
  for (const seen of [2, 4, 6]) rig.client('P.', { seq: 1 + seen / 2, ack: seen, payload: 'q' });
  rig.target('P.', { seq: 8, ack: 5, payload: 'abc' }).online('P.', { seq: 8, ack: 5, payload: 'abc' }).client('F.', { seq: 5, ack: 11 });
  rig.online('F.', { seq: 11, ack: 6 }).target('F.', { seq: 11, ack: 6 });
  expect(rig.ended).toEqual({ delivered: 1 });
  expect(bucketsOf(rig.mapping.ledger.exchanges)).toEqual({ delivered: 1 });
});

test('window: nothing waits for answers', () => {
  const rig = new Rig({ pacing: 'window' }).opened().client('P.', { payload: 'first' }).client('P.', { seq: 5, ack: 10, payload: 'second' });
  expect(rig.take()).toEqual(['P. 0 ack 0 first', 'P. 5 ack 0 second']);
});

test("timing: the client's own gaps, from the moment the copy's handshake was through", () => {
  const rig = new Rig({ pacing: 'timing' });
  rig.client('S', { seq: -1, mssBytes: 1460 }).online('S.', { seq: -1 }).client('.').wait(100);
  rig.client('P.', { payload: 'first' }).wait(300).target('S.', { seq: -1, mssBytes: 1460 });
  rig.take();
  rig.wait(96);
  expect(rig.take()).toEqual([]);
  rig.wait(8);
  expect(rig.take()).toEqual(['P. 0 ack 0 first']);
});

/** A request is out, and the client has ended after it saw ten bytes of the answer. */
const ended = (flags: 'F.' | 'R.') => {
  const rig = new Rig().opened().client('P.', { payload: 'first' });
  rig.online('P.', { ack: 5, payload: '0123456789' }).client(flags, { seq: 5, ack: 10 });
  rig.take();
  return rig;
};

test.each<[string, 'F.' | 'R.', (rig: Rig) => unknown, boolean]>([
  ['FIN goes when the target has said as much', 'F.', (rig) => rig.target('P.', { ack: 5, payload: '0123456789' }), true],
  ['a pushed part of the answer is not enough', 'F.', (rig) => rig.target('P.', { ack: 5, payload: '01234' }).wait(150), false],
  ['the rest is', 'F.', (rig) => rig.target('P.', { ack: 5, payload: '01234' }).wait(150).target('P.', { seq: 5, ack: 5, payload: '56789' }), true],
  ['a shorter answer is over after a quiet', 'F.', (rig) => rig.target('P.', { ack: 5, payload: '01234' }).wait(208), true],
  ['a longer one too', 'F.', (rig) => rig.target('P.', { ack: 5, payload: '0123456789abc' }).wait(208), true],
  ['but not before', 'F.', (rig) => rig.target('P.', { ack: 5, payload: '0123456789abc' }).wait(150), false],
  [
    'an answer without end is cut off after ten seconds',
    'F.',
    (rig) => Array.from({ length: 101 }, (_, at) => rig.target('P.', { seq: at * 3, ack: 5, payload: 'abc' }).wait(100)),
    true,
  ],
  ['a client that resets wanted no more than it had seen', 'R.', (rig) => rig.target('P.', { ack: 5, payload: '0123456789abc' }), true],
  ['but that much', 'R.', (rig) => rig.target('P.', { ack: 5, payload: '01234' }).wait(150), false],
])('response, end: %s', (_, flags, run, goes) => {
  const rig = ended(flags);
  run(rig);
  expect(rig.take().some((line) => line.startsWith(flags[0]!))).toBe(goes);
});
