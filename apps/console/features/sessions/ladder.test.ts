import type { TracedSegment } from '@parallax/protocol';
import { expect, test } from 'vitest';
import { emptyTrace, extendTrace } from '../live/trace-state.ts';
import { flagWords, segmentWords, sinceFirst } from './ladder.ts';

const segment = (words: Partial<TracedSegment> = {}): TracedSegment => ({
  what: 'segment',
  atUs: 1000,
  from: 'client',
  copy: null,
  seq: 101,
  ack: 501,
  flags: 0x18,
  payloadBytes: 44,
  isAgain: false,
  ...words,
});
const numbers = { clientIss: 100, onlineIss: 500, copies: [{ index: 0, port: 4000, targetIss: 0xffff_fff0 }] };

test.each([
  ['client', segment(), 'seq 1 to 44, 44\u00a0B', 'ack 1'],
  ['one byte', segment({ payloadBytes: 1 }), 'seq 1, 1\u00a0B', 'ack 1'],
  ['online server', segment({ from: 'online', seq: 501, ack: 145 }), 'seq 1 to 44, 44\u00a0B', 'ack 45'],
  [
    'copy: the client’s numbers, the target’s acknowledgements, across the wrap',
    segment({ from: 'copy', copy: 0, ack: 4 }),
    'seq 1 to 44, 44\u00a0B',
    'ack 20',
  ],
  ['target', segment({ from: 'target', copy: 0, seq: 4, ack: 145, payloadBytes: 0 }), 'seq 20', 'ack 45'],
  ['a copy that is not known', segment({ from: 'target', copy: 3, seq: 4, ack: 145, payloadBytes: 0 }), 'seq 4', 'ack 45'],
  ['no acknowledgement', segment({ flags: 0x02, seq: 100, payloadBytes: 0 }), 'seq 0', ''],
])('%s', (_, said, seq, ack) => {
  expect(segmentWords(said, numbers)).toMatchObject({ seq, ack });
});

test('flags and times', () => {
  expect(flagWords(0x12)).toBe('SYN ACK');
  expect(flagWords(0x18)).toBe('PSH ACK');
  expect(sinceFirst(1_012_345, 1_000_000)).toBe('12.345\u00a0ms');
  expect(sinceFirst(21_000_000, 0)).toBe('21.000\u00a0s');
});

test('a trace grows in order of time, forgets the oldest, and keeps what it knew of the numbers', () => {
  const told = (moments: TracedSegment[], onlineIss: number | null = null) => [{ sessionId: '7', ...numbers, onlineIss, moments, omitted: 1 }];
  let trace = extendTrace(emptyTrace('7'), told([segment({ atUs: 20 }), segment({ atUs: 10, from: 'target' })], 500));
  expect(trace.moments.map(({ atUs }) => atUs)).toEqual([10, 20]);
  trace = extendTrace(trace, told(Array.from({ length: 999 }, (_, index) => segment({ atUs: 30 + index }))));
  expect(trace).toMatchObject({ onlineIss: 500, firstAtUs: 10, omitted: 2, moments: { length: 1000 } });
  expect(trace.moments[0]!.atUs).toBe(20);
  expect(extendTrace(trace, [{ ...told([segment()])[0]!, sessionId: '8' }])).toBe(trace);
  expect(extendTrace(trace, undefined)).toBe(trace);
  expect(extendTrace(emptyTrace('7'), [{ ...told([])[0]!, omitted: 0 }])).toMatchObject({ isTold: true, firstAtUs: null });
});
