import { OnlineSample } from '@parallax/protocol';
import { expect, test } from 'vitest';
import { OnlineSampler, type PathCounts } from './online-sampler.ts';

const counts = (change: Partial<PathCounts> = {}): PathCounts => ({
  capture: { captured: 10, dropped: 1, truncated: 0 },
  inject: { sent: 20, failed: 3, forbidden: 1, failedBy: { EPERM: 3 } },
  drops: { malformed: 1, fragments: 2, malformedAnswers: 3, unknownAnswers: 4 },
  answers: 40,
  sessionsShed: 7,
  relays: { dropped: 5, captureDropped: 6 },
  ...change,
});

test('a second holds what grew in it, refusals by name', () => {
  const sampler = new OnlineSampler(counts());
  const sample = sampler.take(
    counts({
      capture: { captured: 15, dropped: 3, truncated: 1 },
      inject: { sent: 21, failed: 5, forbidden: 1, failedBy: { EPERM: 3, ENOBUFS: 2 } },
      drops: { malformed: 1, fragments: 4, malformedAnswers: 3, unknownAnswers: 5 },
      answers: 47,
      sessionsShed: 9,
      relays: { dropped: 5, captureDropped: 8 },
    }),
    { reason: 'shedding, CPU 93 %', forMs: 2000 },
  );
  expect(sample).toEqual({
    type: 'online-sample',
    atMs: expect.any(Number),
    captured: { frames: 5, dropped: 2, truncated: 1, malformed: 0, fragments: 2 },
    sent: { packets: 1, failed: 2, forbidden: 0, failedBy: { ENOBUFS: 2 } },
    answers: { received: 7, malformed: 0, unknown: 1 },
    relays: { dropped: 0, captureDropped: 2 },
    shedding: { sessions: 2, reason: 'shedding, CPU 93 %', forMs: 2000 },
  });
  expect(OnlineSample.parse(sample)).toEqual(sample);
});
