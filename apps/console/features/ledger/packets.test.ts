import type { OnlineSample } from '@parallax/protocol';
import { expect, test } from 'vitest';
import { assistantSample, onlineSample } from '../../testing/samples.ts';
import { packetRows } from './packets.ts';

const counts = (rows: ReturnType<typeof packetRows>) => Object.fromEntries(rows.map(({ key, count }) => [key, count]));

test('seconds add up, in the order of the way', () => {
  const rows = packetRows(
    [
      onlineSample({ sent: { packets: 5, failed: 3, forbidden: 0, failedBy: { EPERM: 1, ENOBUFS: 2 } } }, 1000),
      onlineSample({ sent: { packets: 6, failed: 1, forbidden: 2, failedBy: { ENOBUFS: 1 } } }, 2000),
      assistantSample({ relayDropped: 4 }, 1000),
      assistantSample({ captureDropped: 9 }, 2000),
    ],
    0,
  );
  expect(counts(rows)).toMatchObject({
    captured: 200,
    sent: 11,
    'send-failed': 4,
    forbidden: 2,
    answers: 60,
    'answers-dropped': 9,
    relayed: 60,
    'relay-dropped': 4,
  });
  expect(rows.find(({ key }) => key === 'send-failed')?.means).toBe('ENOBUFS 3, EPERM 1');
  expect(rows.filter(({ isLoss }) => !isLoss).map(({ key }) => key)).toEqual(['captured', 'sent', 'answers', 'relayed', 'received']);
});

test.each<[string, OnlineSample['shedding'][], { count: number; isNow: boolean; means: RegExp }]>([
  ['never', [{ sessions: 0, reason: null, forMs: null }], { count: 0, isNow: false, means: /it has ended/ }],
  [
    'now',
    [
      { sessions: 4, reason: 'shedding, CPU 93 % of 80 %: new sessions are not copied', forMs: 61_000 },
      { sessions: 3, reason: 'shedding, CPU 93 % of 80 %: new sessions are not copied', forMs: 62_000 },
    ],
    { count: 7, isNow: true, means: /^for 1.min 2.s: shedding, CPU 93 % of 80 %: new sessions are not copied$/ },
  ],
  [
    'until a second ago',
    [
      { sessions: 4, reason: 'shedding', forMs: 61_000 },
      { sessions: 0, reason: null, forMs: null },
    ],
    { count: 4, isNow: false, means: /it has ended/ },
  ],
])('sessions left out to spare the host: %s', (_, told, expected) => {
  const rows = packetRows(
    told.map((shedding, index) => onlineSample({ shedding }, 1000 * index + 1)),
    0,
  );
  expect(rows.find(({ key }) => key === 'shed')).toMatchObject({ ...expected, means: expect.stringMatching(expected.means), unit: 'session', isLoss: true });
});

test('an agent that does not tell of it has no such row', () => {
  const { shedding: _, ...old } = onlineSample({}, 1000);
  expect(packetRows([old], 0).map(({ key }) => key)).not.toContain('shed');
});

test('a host that is silent has no rows', () => {
  expect(packetRows([onlineSample({}, 1000), assistantSample({}, 5000)], 2000).every(({ host }) => host === 'assistant')).toBe(true);
  expect(packetRows([], 0)).toEqual([]);
});
