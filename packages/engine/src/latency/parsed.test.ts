import { redis } from '@parallax/adapters';
import { expect, test } from 'vitest';
import { Rig, type RigOptions } from '../testing/rig.ts';
import { NO_TIME_US } from './plausible.ts';

const GET = '*2\r\n$3\r\nGET\r\n$1\r\na\r\n';
const SET = '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n';
const talking = (options: RigOptions = {}) => {
  const rig = new Rig({ ...options, mapping: { adapter: redis } }).opened();
  rig.measures();
  return rig;
};

test('pipelined requests are told apart, and so are their answers', () => {
  const rig = talking({ pacing: 'window' });
  rig
    .client('P.', { payload: GET + SET })
    .wait(1)
    .client('P.', { seq: GET.length + SET.length, payload: GET });
  rig.wait(1).online('P.', { ack: GET.length, payload: '$1\r\nx' }).wait(1).online('P.', { seq: 5, ack: GET.length, payload: '\r\n+OK\r\n-ERR no\r\n' });
  expect(rig.measures()).toEqual([
    'online GET first 2000',
    'online GET last 3000',
    'online SET first 3000',
    'online SET last 3000',
    'online GET first 2000',
    'online GET last 2000 error',
  ]);
  rig
    .wait(1)
    .mark(0)
    .wait(1)
    .mark(1, { firstAtUs: rig.nowMs * 1000 - 500 })
    .mark(2, { isError: true });
  expect(rig.measures()).toEqual([
    ...['target GET first 4000', 'target GET last 4000', 'held GET 0', 'pair GET 2000 4000'],
    ...['target SET first 4500', 'target SET last 5000', 'held SET 0', 'pair SET 3000 4500'],
    ...['target GET first 4000', 'target GET last 4000 error', 'held GET 0', 'pair GET 2000 4000'],
  ]);
  expect(rig.mapping).toMatchObject({ onlineExchanges: 3, targetExchanges: 3 });
});

test('a request that is answered while it is still being said is counted when it ends, and not timed', () => {
  const rig = talking({ pacing: 'window' });
  rig
    .client('P.', { payload: SET.slice(0, 20) })
    .wait(1)
    .online('P.', { ack: 20, payload: '-ERR no\r\n' })
    .mark(0, { isError: true });
  expect(rig.measures()).toEqual([]);
  rig.client('P.', { seq: 20, ack: 9, payload: SET.slice(20) });
  expect(rig.measures()).toEqual(['online SET first -1', 'online SET last -1 error', 'target SET first -1', 'target SET last -1 error']);
  expect(rig.mapping).toMatchObject({ onlineExchanges: 1, targetExchanges: 1 });
});

test("the kernel's time of sending counts", () => {
  const rig = talking({ pacing: 'window' });
  rig.client('P.', { payload: GET }).client('P.', { seq: GET.length, payload: SET });
  rig.wait(3).left('P.', { payload: GET }).wait(1).left('P.', { seq: GET.length, payload: SET }).wait(6).mark(0).mark(1);
  expect(rig.measures()).toEqual([
    ...['target GET first 7000', 'target GET last 7000', 'held GET 3000'],
    ...['target SET first 6000', 'target SET last 6000', 'held SET 4000'],
  ]);
});

test('marks that did not arrive are passed over', () => {
  const rig = talking({ pacing: 'window' });
  rig
    .client('P.', { payload: GET + SET + GET })
    .wait(2)
    .mark(1)
    .mark(1)
    .mark(0);
  expect(rig.measures()).toEqual(['target SET first 2000', 'target SET last 2000', 'held SET 0']);
});

test('a copy that lost some bytes on the way is counted and not measured', () => {
  const rig = talking();
  rig.client('P.', { payload: GET }).wait(1500).mark(0);
  expect(rig.measures()).toEqual(['target GET first -1', 'target GET last -1']);
});

test("an answer that comes before the request is whole is nobody's measure, and the next is paired rightly", () => {
  const rig = talking({ pacing: 'window' });
  const half = GET.slice(0, 10);
  rig.client('P.', { payload: half }).online('P.', { ack: 10, payload: '-ERR early\r\n' }).mark(0);
  rig.client('P.', { seq: 10, payload: GET.slice(10) });
  rig.measures();
  rig
    .client('P.', { seq: GET.length, payload: SET })
    .wait(1)
    .online('P.', { seq: 12, ack: GET.length + SET.length, payload: '+OK\r\n' })
    .mark(1);
  expect(rig.measures()).toEqual([
    ...['online SET first 1000', 'online SET last 1000'],
    ...['target SET first 1000', 'target SET last 1000', 'held SET 0', 'pair SET 1000 1000'],
  ]);
});

test('what is not understood is measured by turns from then on', () => {
  const rig = talking();
  rig.client('P.', { payload: '\x16\x03\x01' }).wait(1).online('P.', { ack: 3, payload: '\x16' }).target('P.', { ack: 3, payload: '\x16' });
  expect(rig.measures()).toEqual([
    'online not understood: TLS',
    'online not understood first 1000',
    'target not understood first 1000',
    'held not understood 0',
    'pair not understood 1000 1000',
  ]);
  rig.mark(0, { isLost: true });
  rig.client('P.', { seq: 3, ack: 1, payload: 'x' }).online('P.', { seq: 1, ack: 4, payload: 'y' });
  expect(rig.measures().at(-1)).toBe('online not understood first 0');
});

test('an answer that nobody asked for ends the understanding', () => {
  const rig = talking();
  rig.client('P.', { payload: GET }).online('P.', { ack: GET.length, payload: '+A\r\n+B\r\n' });
  expect(rig.measures().at(-1)).toBe('online not understood: an answer that nobody asked for');
});

test('a target that is not understood leaves the online side alone', () => {
  const rig = talking();
  rig
    .client('P.', { payload: GET })
    .mark(0, { isLost: true })
    .wait(1)
    .online('P.', { ack: GET.length, payload: '_\r\n' })
    .target('P.', { ack: GET.length, payload: 'x' });
  expect(rig.measures()).toEqual([
    'target not understood: an answer of the target',
    'online GET first 1000',
    'online GET last 1000',
    'target not understood first 1000',
  ]);
});

test('a session on which thousands of requests wait is given up', () => {
  const rig = talking({ pacing: 'window', limits: { exchangesOfSession: 100 } });
  rig.client('P.', { payload: 'PING\r\n'.repeat(101) });
  expect(rig.measures()).toEqual(['online not understood: too many requests wait for answers']);
  expect(rig.engine.exchangesHeld).toBe(1); // the turn that began instead
});

test('a hole in what the online server said is known from its numbers', () => {
  const rig = talking({ pacing: 'window' });
  rig.client('P.', { payload: GET + SET });
  rig.online('P.', { ack: GET.length, payload: '$10\r\nab' }).online('P.', { seq: 12, ack: GET.length, payload: 'hij\r\n+OK\r\n' });
  expect(rig.measures()).toEqual(['online GET first 0', 'online GET last 0', 'online SET first 0', 'online SET last 0']);
  rig.client('P.', { seq: GET.length + SET.length, payload: GET }).online('P.', { seq: 30, ack: GET.length, payload: '+OK\r\n' });
  expect(rig.measures()).toEqual(['online not understood: bytes were not captured']);
});

test('another adapter holds for sessions that open from then on', () => {
  const rig = talking();
  rig.client('P.', { payload: GET });
  rig.engine.changeMapping({ ...rig.mapping.config, adapter: null }, rig.nowMs);
  rig
    .online('P.', { ack: GET.length, payload: '_\r\n' })
    .client('P.', { seq: GET.length, ack: 3, payload: GET })
    .online('P.', { seq: 3, ack: 2 * GET.length, payload: 'x' });
  expect(rig.measures()).toEqual(['online not understood first 0']);
});

test('copies that are reset leave nothing behind', () => {
  const rig = talking({ multiplier: 3 });
  rig
    .client('P.', { payload: GET + SET })
    .stop()
    .wait(5000);
  expect(rig.engine.exchangesHeld).toBe(0);
});

test.each([
  ['the request', 'request', ['online GET first -1', 'online GET last -1', 'online clock set', 'target GET first 2000', 'target GET last 2000']],
  [
    'the online answer',
    'online',
    ['online GET first -1', 'online GET last -1', 'online clock set', 'target GET first 2000', 'target GET last 2000', 'held GET 0'],
  ],
  [
    'the request and the online answer',
    'request online',
    ['online GET first -1', 'online GET last -1', 'online clock set', 'target GET first 2000', 'target GET last 2000'],
  ],
  [
    'the sending and the answer of the target',
    'left mark',
    ['online GET first 1000', 'online GET last 1000', 'target GET first -1', 'target GET last -1', 'target clock set'],
  ],
  ['the sending', 'left', ['online GET first 1000', 'online GET last 1000', 'target GET first -1', 'target GET last -1', 'target clock set']],
  ['the answer of the target', 'mark', ['online GET first 1000', 'online GET last 1000', 'target GET first -1', 'target GET last -1', 'target clock set']],
])('%s has no time because a clock was set: counted, and not timed', (_, which, measures) => {
  const rig = talking({ pacing: 'window' }).wait(10_000); // no time is long ago
  rig.measures();
  const at = (name: string) => (which.split(' ').includes(name) ? { capturedAtUs: NO_TIME_US } : {});
  rig.client('P.', { payload: GET, ...at('request') });
  if (which.includes('left')) rig.left('P.', { payload: GET, ...at('left') });
  rig.wait(1).online('P.', { ack: GET.length, payload: '_\r\n', ...at('online') });
  rig.wait(1).mark(0, which.includes('mark') ? { firstAtUs: NO_TIME_US, lastAtUs: NO_TIME_US } : {});
  expect(rig.measures()).toEqual(measures);
});
