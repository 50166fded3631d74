// A session that rests is parked; whatever happens on it, or to its mapping, finds it as it was.
import { parseAddress } from '@parallax/wire';
import { expect, test } from 'vitest';
import type { Session } from '../session/session.ts';
import { Rig, type RigOptions } from '../testing/rig.ts';

const REST_MS = 10_000;
const ROUND_MS = 5000;

/** Asked once and answered. */
const answered = (options: RigOptions = {}): Rig =>
  new Rig(options).opened().client('P.', { payload: 'ask' }).online('P.', { ack: 3, payload: 'yes' }).target('P.', { ack: 3, payload: 'yes' });

/** And parked since. */
function parked(options: RigOptions = {}): Rig {
  const rig = answered(options).wait(2 * REST_MS + 100);
  expect(rig.engine.sessionsParked).toBe(1);
  rig.take();
  rig.measures();
  return rig;
}

const whole = (rig: Rig): Session => rig.engine.look([...rig.engine.sessions()][0]!);

test('not before it has rested for as long as the limit says', () => {
  const rig = answered();
  while (rig.engine.sessionsParked === 0) rig.wait(4);
  expect(rig.nowMs).toBeGreaterThanOrEqual(1000 + REST_MS);
  expect(rig.nowMs).toBeLessThanOrEqual(1000 + REST_MS + ROUND_MS + 8);
});

test.each([
  ['the client asks again', (rig: Rig) => rig.client('P.', { seq: 3, ack: 3, payload: 'more' }), ['P. 3 ack 3 more']],
  ['the client closes', (rig: Rig) => rig.client('F.', { seq: 3, ack: 3 }), ['F. 3 ack 3']],
  ['the client resets', (rig: Rig) => rig.client('R.', { seq: 3, ack: 3 }), ['R. 3 ack 3']],
  ['the online server resets', (rig: Rig) => rig.online('R.', { seq: 3, ack: 3 }), ['R. 3 ack 3']],
  ['the online server says more', (rig: Rig) => rig.online('P.', { seq: 3, ack: 3, payload: 'news' }), []],
  ['the target sends a keep-alive', (rig: Rig) => rig.target('.', { seq: 2, ack: 3 }), ['. 3 ack 3']],
  ['the target closes', (rig: Rig) => rig.target('F.', { seq: 3, ack: 3 }), ['. 3 ack 4']],
  ['the target resets', (rig: Rig) => rig.target('R', { seq: 3 }), []],
  ['the kernel tells when the copy left', (rig: Rig) => rig.left('P.', { ack: 3, payload: 'ask' }), []],
  ['the client opens another connection from its port', (rig: Rig) => rig.client('S', { seq: 5000 }), ['R. 3 ack 3', 'S 5000']],
  ['the mapping is removed', (rig: Rig) => rig.stop(), ['R. 3 ack 3']],
])('%s: it is awake, and goes on', (_, happen, injected) => {
  const rig = parked();
  happen(rig);
  expect(rig.engine.sessionsParked).toBe(0);
  expect(rig.take()).toEqual(injected);
  const never = answered({ limits: { parkAfterMs: Number.POSITIVE_INFINITY } }).wait(2 * REST_MS + 100);
  never.take();
  happen(never);
  expect(never.take()).toEqual(injected);
  expect(never.engine.sessionsParked).toBe(0);
  expect(rig.mapping.ledger).toEqual(never.mapping.ledger);
});

test('a capture that lost its end, and a host that has too much to do, find it', () => {
  const lost = parked();
  const [session] = lost.engine.unfinishedSince(lost.nowMs);
  lost.engine.endUnseen(session!, lost.nowMs);
  expect(lost.ended).toEqual({ captureDrop: 1 });
  const busy = parked();
  expect(busy.engine.shed(1, busy.nowMs)).toBe(1);
  expect(busy.ended).toEqual({ overLimit: 1 });
});

test('it is looked at without being woken', () => {
  const rig = parked();
  const [outline] = [...rig.engine.sessions()];
  expect(outline).toMatchObject({
    clientPort: 4000,
    serverPort: 80,
    client: parseAddress('10.0.0.1'),
    liveCopies: 1,
    isSkipped: false,
    mappings: [rig.mapping],
  });
  expect(whole(rig)).toMatchObject({ id: outline!.id, bytesFromClient: 3, bytesFromOnline: 3 });
  expect(rig.copy).toMatchObject({ state: 'open', bytesAsked: 3, bytesDelivered: 3, exchangesOpen: 0 });
  expect([rig.engine.sessionsParked, rig.engine.sessionsKnown, rig.engine.copiesKnown]).toEqual([1, 1, 1]);
});

test('the relay is back: one whose answer may have been lost asks for it, another sleeps on, and was not silent', () => {
  const limits = { idleOpenMs: 60_000 };
  const awaiting = new Rig({ limits }).opened().client('P.', { payload: 'ask' }).online('P.', { ack: 3, payload: 'yes' }).target('.', { ack: 3 });
  awaiting.wait(2 * REST_MS + 100);
  expect(awaiting.engine.sessionsParked).toBe(1);
  awaiting.take();
  expect(awaiting.relay(false).relay(true).take()).toEqual(['. 2 ack 0']);
  const rig = parked({ limits });
  rig.wait(20_000).relay(false).wait(1000).relay(true);
  const backAtMs = rig.nowMs;
  expect(rig.engine.sessionsParked).toBe(1);
  expect(rig.take()).toEqual([]);
  rig.wait(backAtMs + limits.idleOpenMs - rig.nowMs - 10);
  expect(rig.ended).toEqual({});
  rig.wait(20_000);
  expect(rig.ended).toEqual({ timedOut: 1 });
});

test('another mapping that starts listens to it', () => {
  const rig = parked();
  const second = rig.engine.addMapping({
    id: 'second',
    listen: { address: null, port: 80 },
    target: { address: '10.0.1.1', port: 9090 },
    multiplier: 1,
    pacing: 'response',
  });
  rig.engine.setRelayUp('second', true, rig.nowMs);
  expect(rig.engine.sessionsParked).toBe(0);
  rig.client('P.', { seq: 3, ack: 3, payload: 'more' });
  expect(rig.take()).toEqual(['S 2', 'P. 3 ack 3 more']);
  expect(second.ledger.copies.asked).toBe(1);
});

test('a mapping that changes its target resets its copies', () => {
  const rig = parked();
  rig.engine.changeMapping({ ...rig.mapping.config, target: { address: '10.0.1.2', port: 8080 } }, rig.nowMs);
  expect(rig.ended).toEqual({ stopped: 1 });
});

test('a change that concerns only sessions to come wakes nobody', () => {
  const rig = parked();
  rig.engine.changeMapping({ ...rig.mapping.config, multiplier: 3, pacing: 'window' }, rig.nowMs);
  expect([rig.engine.sessionsParked, rig.mapping.config.multiplier]).toEqual([1, 3]);
});

test('it is parked again when it rests again, and ends when nothing is heard of it for long', () => {
  const rig = parked({ limits: { idleOpenMs: 60_000 } });
  rig.target('.', { seq: 2, ack: 3 });
  expect(rig.engine.sessionsParked).toBe(0);
  rig.wait(2 * REST_MS + 100);
  expect(rig.engine.sessionsParked).toBe(1);
  rig.wait(80_000);
  expect(rig.ended).toEqual({ timedOut: 1 });
  expect([rig.engine.sessionsParked, rig.engine.sessionsKnown, rig.engine.copiesKnown, rig.engine.exchangesHeld]).toEqual([0, 0, 0, 0]);
});

test('nothing wants time once all are parked', () => {
  const rig = parked();
  for (let second = 0; second < 12; second++) expect(rig.wait(1000).engine.hasTimers).toBe(false);
});

test('sessions that are left alone are parked too, and counted when they say more', () => {
  const rig = new Rig({ mapping: { selection: { percent: 0, by: 'session', include: [], exclude: [], maxSessions: null, ramp: null } } });
  rig.client('S', { seq: -1 }).online('S.', { seq: -1 }).client('.').client('P.', { payload: 'ask' });
  rig.engine.setRelayUp('m', true, rig.nowMs);
  rig.wait(12_000);
  expect(rig.engine.sessionsParked).toBe(1);
  expect([...rig.engine.sessions()][0]!.isSkipped).toBe(true);
  rig.client('P.', { seq: 3, payload: 'more' });
  expect(rig.engine.sessionsParked).toBe(0);
  expect(rig.mapping.ledger.bytes.ended.sampledOut).toBe(7);
});

test('of many at rest few are parked in one call', () => {
  const rig = new Rig();
  for (let port = 4000; port < 4200; port++)
    rig
      .client('S', { seq: -1, port })
      .online('S.', { seq: -1, port })
      .client('.', { port })
      .target('S.', { seq: -1, port })
      .client('P.', { payload: 'ask', port });
  for (let port = 4000; port < 4200; port++) rig.online('P.', { ack: 3, payload: 'yes', port }).target('P.', { ack: 3, payload: 'yes', port });
  let most = 0;
  for (let call = 0; call < 4000 && rig.engine.sessionsParked < 200; call++) {
    const before = rig.engine.sessionsParked;
    rig.wait(4);
    most = Math.max(most, rig.engine.sessionsParked - before);
  }
  expect(rig.engine.sessionsParked).toBe(200);
  expect(most).toBe(32);
});
