import { expect, test } from 'vitest';
import { Rig } from '../testing/rig.ts';

test('a handshake is measured on both sides, the target beyond its fastest', () => {
  const rig = new Rig();
  rig.client('S', { seq: -1 }).wait(2).online('S.', { seq: -1 });
  rig.wait(3).target('S.', { seq: -1 });
  expect(rig.measures()).toEqual(['online connected 2000', 'target connected 0']);
  rig.client('S', { seq: -1, port: 4001 }).wait(3).online('S.', { seq: -1, port: 4001 });
  rig.wait(4).target('S.', { seq: -1, port: 4001 });
  expect(rig.measures()).toEqual(['online connected 3000', 'target connected 2000']); // 7 ms against 5 ms
});

test('a SYN that was said twice measures no handshake', () => {
  const rig = new Rig();
  rig.client('S', { seq: -1 }).client('S', { seq: -1 }).online('S.', { seq: -1 });
  expect(rig.measures()).toEqual([]);
});

test('first byte, pair and held at once; last byte when the client speaks again', () => {
  const rig = new Rig().opened();
  rig.measures();
  rig.client('P.', { payload: 'one' }).wait(2).online('.', { ack: 3, payload: 'on' }).wait(1).online('P.', { seq: 2, ack: 3, payload: 'e!' });
  expect(rig.measures()).toEqual(['online turns first 2000']);
  rig.wait(2).target('.', { ack: 3, payload: 'on' });
  expect(rig.measures()).toEqual(['target turns first 5000', 'held turns 0', 'pair turns 2000 5000']);
  rig.wait(4).target('P.', { seq: 2, ack: 3, payload: 'e!' });
  expect(rig.measures()).toEqual([]);
  rig.client('P.', { seq: 3, ack: 4, payload: 'two' });
  expect(rig.measures()).toEqual(['online turns last 3000', 'target turns last 9000']);
});

test('the target may be faster than the online server', () => {
  const rig = new Rig().opened();
  rig.measures();
  rig.client('P.', { payload: 'one' }).wait(1).target('P.', { ack: 3, payload: 'a' }).wait(2).online('P.', { ack: 3, payload: 'a' });
  expect(rig.measures()).toEqual(['target turns first 1000', 'held turns 0', 'online turns first 3000', 'pair turns 3000 1000']);
});

test('the request is over with its last byte; what was held back is said apart', () => {
  const rig = new Rig().opened();
  rig.measures();
  rig.client('.', { payload: 'on' }).wait(3).client('P.', { seq: 2, payload: 'e' }).online('P.', { ack: 3, payload: '1' });
  rig.wait(2).client('P.', { seq: 3, ack: 1, payload: 'two' }).online('P.', { seq: 1, ack: 6, payload: '2' });
  rig.measures();
  rig.wait(4).target('P.', { ack: 3, payload: '1' }); // lets the second turn go, 4 ms late
  expect(rig.measures()).toEqual(['target turns first 6000', 'held turns 0', 'pair turns 0 6000', 'target turns last 6000']);
  rig.wait(1).target('P.', { seq: 1, ack: 6, payload: '2' });
  expect(rig.measures()).toEqual(['target turns first 1000', 'held turns 4000', 'pair turns 0 1000']);
});

test('the end of a connection ends the last answer', () => {
  const rig = new Rig().opened();
  rig.client('P.', { payload: 'one' }).online('P.', { ack: 3, payload: 'a' }).target('P.', { ack: 3, payload: 'a' }).wait(2);
  rig.measures();
  rig.online('F.', { seq: 1, ack: 3 }).target('F.', { seq: 1, ack: 3 });
  expect(rig.measures()).toEqual(['online turns last 0', 'target turns last 0']);
  rig.client('F.', { seq: 3, ack: 2 }).target('.', { seq: 2, ack: 4 }).wait(2000);
  expect(rig.measures()).toEqual([]);
  expect(rig.engine.exchangesHeld).toBe(0);
});

test('what was sent twice is counted and not measured', () => {
  const rig = new Rig().opened();
  rig.measures();
  rig.client('P.', { payload: 'one' }).online('P.', { ack: 3, payload: 'a' }).wait(1500).target('P.', { ack: 3, payload: 'a' });
  expect(rig.measures()).toEqual(['online turns first 0', 'target turns first -1']);
});

test('only the first copy is paired', () => {
  const rig = new Rig({ multiplier: 2 }).opened();
  const port = rig.copies[1]!.sourcePort;
  rig.target('S.', { seq: -1, port });
  rig.measures();
  rig
    .client('P.', { payload: 'one' })
    .online('P.', { ack: 3, payload: 'a' })
    .target('P.', { ack: 3, payload: 'a' })
    .target('P.', { ack: 3, payload: 'a', port });
  expect(rig.measures().filter((line) => line.startsWith('pair'))).toHaveLength(1);
});

test('beyond so many turns that a copy has not answered, none is paired, and nothing is lost but that', () => {
  const rig = new Rig({ pacing: 'window', limits: { exchangesOfSession: 4 } }).opened();
  rig.measures();
  for (let at = 0; at < 10; at++) rig.client('P.', { seq: at, ack: at, payload: 'x' }).online('P.', { seq: at, ack: at + 1, payload: 'y' });
  expect(rig.engine.exchangesHeld).toBeLessThanOrEqual(4);
  rig.target('P.', { ack: 10, payload: 'y' });
  expect(rig.measures().slice(-3)).toEqual(['target turns first 0', 'held turns 0', 'pair turns 0 0']);
});
