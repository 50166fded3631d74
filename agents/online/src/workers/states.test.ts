import type { PathState, RunState, Sessions } from '@parallax/protocol';
import { expect, test } from 'vitest';
import { addPathStates, addSessions, type PathWord, watchOfPath } from './states.ts';

const said = (state: RunState, reason: string, relayReason = 'connected'): PathState => ({
  type: 'path-state',
  mappings: [{ id: 'm', state, reason }],
  relays: [{ peer: '10.0.0.3:36524', connected: relayReason === 'connected', reason: relayReason }],
  shedding: null,
});
const word = (number: number, state: RunState, reason: string, what: PathState | null): PathWord => ({ number, state, reason, said: what });
const running = (number: number, what: PathState | null) => word(number, 'running', 'running', what);
const copying = said('running', 'copying');

test.each<[string, PathWord[], RunState, string, boolean]>([
  ['all copy', [running(1, copying), running(2, copying)], 'running', 'copying', true],
  ['one has not said anything yet', [running(1, copying), running(2, null)], 'starting', 'packet path 2 of 2 is starting', true],
  ['one has died', [running(1, copying), word(2, 'failed', 'ended by SIGKILL', null)], 'degraded', 'packet path 2 of 2 does not run: ended by SIGKILL', true],
  ['the relay of one is away', [running(1, copying), running(2, said('degraded', 'silent', 'silent'))], 'degraded', 'packet path 2 of 2: silent', false],
  [
    'the relays of all are away',
    [running(1, said('degraded', 'silent', 'silent')), running(2, said('degraded', 'silent', 'silent'))],
    'degraded',
    'silent',
    false,
  ],
  ['one refuses', [running(1, said('failed', 'TLS')), running(2, copying)], 'failed', 'packet path 1 of 2: TLS', true],
])('a mapping of two packet paths: %s', (_, paths, state, reason, isConnected) => {
  const { mappings, relays } = addPathStates(paths);
  expect(mappings).toEqual([{ id: 'm', state, reason }]);
  expect(relays.map(({ connected }) => connected)).toEqual([isConnected]);
});

test.each<[string, (string | null)[], string | null]>([
  ['none', [null, null], null],
  ['one', [null, 'too much'], '1 of 2 packet paths: too much'],
  ['both', ['too much', 'too many'], '2 of 2 packet paths: too much'],
  ['the only one', ['too much'], 'too much'],
])('sessions are left out by %s', (_, reasons, expected) => {
  expect(addPathStates(reasons.map((shedding, index) => running(index + 1, { ...copying, shedding }))).shedding).toBe(expected);
});

test('nothing runs, nothing is said', () => {
  const empty: PathState = { type: 'path-state', mappings: [], relays: [], shedding: null };
  expect(addPathStates([running(1, empty), running(2, empty)])).toEqual(empty);
});

test('the newest sessions of all, each with an id of its own', () => {
  const sessions = (count: number, from: number): Sessions => ({
    type: 'sessions',
    mappingId: 'm',
    atMs: from,
    total: 1000,
    rows: Array.from({ length: count }, (_, index) => ({
      id: String(index),
      client: { address: '10.0.0.9', port: 1 },
      openedAtMs: from + 2 * index,
      state: 'open',
      bytesFromClient: 0,
      bytesFromOnline: 0,
      lastLatencyUs: null,
      copies: [],
    })),
  });
  const { total, rows } = addSessions([
    { number: 1, sessions: sessions(150, 0) },
    { number: 2, sessions: sessions(150, 1) },
  ]);
  expect(total).toBe(2000);
  expect(rows).toHaveLength(200);
  expect(rows.slice(0, 2).map(({ id }) => id)).toEqual(['2.149', '1.149']);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(200);
});

test('each path follows its own sessions, and what it tells of them bears the ids that the console knows', () => {
  const watch = { type: 'watch-sessions', mappingId: 'm', on: true, followed: ['1.7', '2.7', '21.8'] } as const;
  expect(watchOfPath({ ...watch, followed: [...watch.followed] }, 2).followed).toEqual(['7']);
  expect(watchOfPath({ type: 'watch-sessions', mappingId: 'm', on: true }, 2)).toEqual({ type: 'watch-sessions', mappingId: 'm', on: true });
  const trace = { sessionId: '7', clientIss: 1, onlineIss: null, copies: [], moments: [], omitted: 0 };
  const told = { type: 'sessions', mappingId: 'm', atMs: 1, total: 0, rows: [] } as const;
  const { traces } = addSessions([
    { number: 1, sessions: { ...told, rows: [] } },
    { number: 2, sessions: { ...told, rows: [], traces: [trace] } },
  ]);
  expect(traces).toEqual([{ ...trace, sessionId: '2.7' }]);
});
