import { ACK, FIN, PSH, parseAddress, Segment, writeSegment } from '@parallax/wire';
import { expect, test } from 'vitest';
import { mergeNext } from './merge.ts';

/** A packet of the target's as bytes. */
function packet(words: Partial<Segment> & { from?: string }): DataView {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  const segment = new Segment();
  segment.source = parseAddress(words.from ?? '10.90.1.21')!;
  segment.destination = parseAddress('10.90.0.10')!;
  Object.assign(segment, { sourcePort: 6379, destinationPort: 40_000, seq: 100, ack: 7, flags: ACK, window: 500, hasTimestamps: true, tsVal: 1, tsEcr: 2 });
  Object.assign(segment, { payloadAt: 2048, payloadBytes: 1000, ...words });
  return new DataView(bytes.buffer, 0, writeSegment(view, bytes, 0, segment));
}

const HEADER_BYTES = 52;
const next = { seq: 1100 };

test.each<[string, Parameters<typeof packet>[0], Parameters<typeof packet>[0], boolean]>([
  ['the next segment of the stream', {}, next, true],
  ['the last one, pushed and shorter', {}, { ...next, payloadBytes: 10, flags: ACK | PSH }, true],
  ['the stream wraps at 2^32', { seq: -500 }, { seq: 500 }, true],
  ['a gap before it', {}, { seq: 1101 }, false],
  ['the same segment again', {}, {}, false],
  ['behind a push', { flags: ACK | PSH }, next, false],
  ['with a FIN', {}, { ...next, flags: ACK | FIN }, false],
  ['a bare acknowledgement', {}, { ...next, payloadBytes: 0 }, false],
  ['behind a bare acknowledgement', { payloadBytes: 0 }, { seq: 100 }, false],
  ['another acknowledgement', {}, { ...next, ack: 8 }, false],
  ['another window', {}, { ...next, window: 501 }, false],
  ['another time stamp', {}, { ...next, tsVal: 3 }, false],
  ['another client port', {}, { ...next, destinationPort: 40_001 }, false],
  ['another target', { from: '10.90.1.22' }, next, false],
  [
    'IPv6, which stays as it is',
    { from: 'fd90::1', destination: parseAddress('fd90::2')! },
    { from: 'fd90::1', destination: parseAddress('fd90::2')!, ...next },
    false,
  ],
])('%s', (_, first, second, isMerged) => {
  const record = packet(first);
  const before = [record.getUint16(2), record.getUint8(33)];
  const follows = packet(second);
  expect(mergeNext(record, 0, HEADER_BYTES, follows, 0)).toBe(isMerged);
  const payloadBytes = follows.getUint16(2) - HEADER_BYTES;
  expect([record.getUint16(2), record.getUint8(33)]).toEqual(isMerged ? [before[0]! + payloadBytes, follows.getUint8(33)] : before);
});
