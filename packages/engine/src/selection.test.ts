import { parseAddress } from '@parallax/wire';
import { expect, test } from 'vitest';
import { type Candidate, copiesOf, everySession, Selection, type SelectionConfig } from './selection.ts';

const SESSIONS = 10_000;
/** 10,000 sessions of 500 clients. */
const sessions: Candidate[] = Array.from({ length: SESSIONS }, (_, index) => ({
  client: parseAddress(`10.90.${(index % 500) >> 8}.${(index % 500) & 255}`)!,
  clientPort: 32_768 + Math.floor(index / 500) * 2,
  serverPort: 80,
  clientIss: Math.imul(index, 0x9e3779b1),
}));
const selection = (change: Partial<SelectionConfig>, nowMs = 0, before: Selection | null = null) =>
  new Selection({ ...everySession, ...change }, nowMs, before);
const admitted = (one: Selection, nowMs = 0) => sessions.filter((session) => one.admits(session, 0, nowMs));

test.each([
  [2.5, 25_000],
  [0.5, 5000],
  [0.01, 100],
  [1, 10_000],
  [3.999, 39_990],
  [1000, 10_000_000],
])('×%d of 10,000 sessions are %d copies within 1 %', (multiplier, expected) => {
  const copies = sessions.reduce((sum, session) => sum + copiesOf(multiplier, session), 0);
  expect(Math.abs(copies - expected) / expected).toBeLessThanOrEqual(multiplier === 0.01 ? 0.2 : 0.01); // of 100 expected, chance moves 10
  const [least, most] = [Math.floor(multiplier), Math.ceil(multiplier)];
  expect(sessions.every((session) => [least, most].includes(copiesOf(multiplier, session)))).toBe(true);
});

test.each([30, 1, 99, 0.5])('%d %% of the sessions within one point', (percent) => {
  const share = (admitted(selection({ percent })).length / SESSIONS) * 100;
  expect(Math.abs(share - percent)).toBeLessThanOrEqual(1);
});

test('drawn by client, a client is always in or always out', () => {
  const chosen = new Set(admitted(selection({ percent: 30, by: 'client' })));
  const byClient = group(sessions);
  let isIn = 0;
  for (const each of byClient.values()) {
    const count = each.filter((session) => chosen.has(session)).length;
    expect([0, each.length]).toContain(count);
    if (count > 0) isIn++;
  }
  expect(Math.abs(isIn / byClient.size - 0.3)).toBeLessThan(0.06); // three standard deviations of 500
});

function group(all: readonly Candidate[]): Map<string, Candidate[]> {
  const groups = new Map<string, Candidate[]>();
  for (const each of all) groups.set(each.client.join(), [...(groups.get(each.client.join()) ?? []), each]);
  return groups;
}

test.each(['session', 'client'] as const)('by %s, who is in at 10 %% is in at 20 %%', (by) => {
  const twenty = new Set(admitted(selection({ percent: 20, by })));
  expect(admitted(selection({ percent: 10, by })).every((session) => twenty.has(session))).toBe(true);
});

test('the selection and the fraction are independent: half of the selected sessions get the third copy', () => {
  const chosen = admitted(selection({ percent: 50 }));
  const thirds = chosen.filter((session) => copiesOf(2.5, session) === 3).length;
  expect(Math.abs(thirds / chosen.length - 0.5)).toBeLessThan(0.03);
});

test.each<[string, Partial<SelectionConfig>, string, boolean]>([
  ['no networks', {}, '10.1.2.3', true],
  ['included', { include: ['10.0.0.0/8'] }, '10.1.2.3', true],
  ['not included', { include: ['10.0.0.0/8'] }, '192.0.2.1', false],
  ['one of two', { include: ['10.0.0.0/8', '2001:db8::/32'] }, '2001:db8::7', true],
  ['excluded', { exclude: ['10.1.0.0/16'] }, '10.1.2.3', false],
  ['included and excluded', { include: ['10.0.0.0/8'], exclude: ['10.1.0.0/16'] }, '10.1.2.3', false],
  ['included, another excluded', { include: ['10.0.0.0/8'], exclude: ['10.1.0.0/16'] }, '10.2.2.3', true],
  ['the other IP version', { include: ['::/0'] }, '10.1.2.3', false],
])('networks: %s', (_, change, client, expected) => {
  expect(selection(change).admits({ client: parseAddress(client)!, clientPort: 1, serverPort: 80, clientIss: 1 }, 0, 0)).toBe(expected);
});

test('no more sessions at a time than the bound', () => {
  const bounded = selection({ maxSessions: 3 });
  expect([0, 2, 3, 9].map((open) => bounded.admits(sessions[0]!, open, 0))).toEqual([true, true, false, false]);
});

test('a ramp climbs in steps, holds each, and the last for good', () => {
  const ramp = selection({ percent: 100, ramp: { fromPercent: 10, steps: 3, stepSeconds: 10 } }, 5000);
  expect([4000, 5000, 14_999, 15_000, 25_000, 34_999, 35_000, 1e9].map((nowMs) => ramp.percentAt(nowMs))).toEqual([10, 10, 10, 40, 70, 70, 100, 100]);
});

test('a ramp may go down', () => {
  const ramp = selection({ percent: 0, ramp: { fromPercent: 100, steps: 2, stepSeconds: 1 } });
  expect([0, 1000, 2000].map((nowMs) => ramp.percentAt(nowMs))).toEqual([100, 50, 0]);
});

test('another selection goes on with the same ramp, and begins another one', () => {
  const ramp = { fromPercent: 0, steps: 10, stepSeconds: 1 };
  const before = selection({ ramp }, 0);
  expect(selection({ ramp: { ...ramp }, maxSessions: 5 }, 4000, before).percentAt(5000)).toBe(50);
  expect(selection({ ramp: { ...ramp, steps: 5 } }, 4000, before).percentAt(5000)).toBe(20);
});

test('what is no network is named', () => {
  expect(() => selection({ exclude: ['10.0.0.0/99'] })).toThrow('"10.0.0.0/99" is not a network; write 10.0.0.0/8 or 2001:db8::/32');
});
