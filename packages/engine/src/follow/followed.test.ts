import { seqDiff } from '@parallax/wire';
import { expect, test } from 'vitest';
import { NO_TIME_US } from '../latency/plausible.ts';
import { CLIENT_ISS, ONLINE_ISS, Rig, TARGET_ISS } from '../testing/rig.ts';
import type { Seen } from './followed.ts';

const iss = { client: CLIENT_ISS, copy: CLIENT_ISS, online: ONLINE_ISS, target: TARGET_ISS };

/** Relative numbers, times in ms of the rig. */
const lines = (seen: Seen | null): string[] =>
  seen!.moments.map((moment) => {
    if (moment.what === 'hold') return `${moment.atUs / 1000} ${moment.held === null ? 'goes on' : `holds ${moment.waitingBytes}: ${moment.held}`}`;
    const { atUs, from, seq, payloadBytes, isAgain } = moment;
    return `${atUs / 1000} ${from} ${seqDiff(seq, iss[from] + 1)}+${payloadBytes}${isAgain ? ' again' : ''}`;
  });

const following = (rig: Rig): Rig => {
  rig.engine.follow([[...rig.engine.sessions()][0]!.id], () => rig.nowMs * 1000);
  return rig;
};
const take = (rig: Rig) => rig.engine.takeSeen([...rig.engine.sessions()][0]!.id);

test('both lanes: what is captured, what the copy sends and hears, and what it holds back', () => {
  const rig = following(new Rig().opened());
  rig.client('P.', { payload: 'one' }).online('P.', { ack: 3, payload: 'ok' }).wait(4).client('P.', { seq: 3, ack: 2, payload: 'four' });
  expect(lines(take(rig))).toEqual(['1000 client 0+3', '1000 copy 0+3', '1000 online 0+2', '1004 client 3+4', '1004 holds 4: waiting for the answer']);
  rig.wait(6).target('P.', { ack: 3, payload: 'ok' });
  expect(lines(take(rig))).toEqual(['1010 target 0+2', '1010 copy 3+4', '1010 goes on']);
  expect(take(rig)).toMatchObject({ session: { clientIss: CLIENT_ISS, onlineIss: ONLINE_ISS }, moments: [], omitted: 0 });
});

test('the kernel’s time of a copy’s segment replaces that of handing it over', () => {
  const rig = following(new Rig().opened());
  rig.client('P.', { payload: 'one' }).left('P.', { payload: 'one', capturedAtUs: 1_000_250 });
  expect(lines(take(rig))).toEqual(['1000 client 0+3', '1000.25 copy 0+3']);
});

test('the assistant’s clock is brought to this host’s', () => {
  const rig = new Rig().opened({ capturedAtUs: 7_000_000 }); // the handshake took no time, by the other clock 6 s
  following(rig).client('P.', { payload: 'one' }).wait(4).target('P.', { ack: 3, payload: 'ok', capturedAtUs: 7_002_500 });
  expect(lines(take(rig)).filter((line) => line.includes('target'))).toEqual(['1002.5 target 0+2']);
});

test('where a clock was set and the time is not known, it is that of being told', () => {
  const rig = following(new Rig().opened());
  const capturedAtUs = NO_TIME_US;
  rig.client('P.', { payload: 'one', capturedAtUs }).left('P.', { payload: 'one', capturedAtUs }).wait(4);
  rig.target('P.', { ack: 3, payload: 'ok', capturedAtUs });
  expect(lines(take(rig))).toEqual(['1000 client 0+3', '1000 copy 0+3', '1004 target 0+2']);
});

test('what was said before is marked, on each lane by itself', () => {
  const rig = following(new Rig().opened());
  rig.client('P.', { payload: 'one' }).client('P.', { payload: 'one' }).wait(1100);
  const seen = lines(take(rig));
  expect(seen.slice(0, 3)).toEqual(['1000 client 0+3', '1000 copy 0+3', '1000 client 0+3 again']);
  expect(seen.length).toBeGreaterThan(3);
  for (const line of seen.slice(3)) expect(line).toMatch(/ copy 0\+3 again$/);
});

test('nothing is kept of other sessions, nor once nobody follows, and no more than 500 moments', () => {
  const rig = following(new Rig().opened());
  rig.client('S', { seq: -1, port: 4001 }).client('P.', { port: 4001, payload: 'other' });
  expect(take(rig)).toMatchObject({ session: null, moments: [] });
  for (let index = 0; index < 600; index++) rig.client('.');
  expect(take(rig)).toMatchObject({ omitted: 100, moments: { length: 500 } });
  rig.engine.follow([], () => 0);
  expect(take(rig.client('P.', { payload: 'one' }))).toBeNull();
});

test('a session that was parked meanwhile is followed on', () => {
  const rig = following(new Rig({ limits: { parkAfterMs: 100 } }).opened());
  rig.client('P.', { payload: 'one' }).online('P.', { ack: 3, payload: 'ok' }).target('P.', { ack: 3, payload: 'ok' }).client('.', { seq: 3, ack: 2 });
  rig.wait(30_000);
  expect(rig.engine.sessionsParked).toBe(1);
  take(rig);
  rig.client('P.', { seq: 3, ack: 2, payload: 'two' });
  expect(lines(take(rig))).toEqual([`${rig.nowMs} client 3+3`, `${rig.nowMs} copy 3+3`]);
});
