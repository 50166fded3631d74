// What the ladder of a session says of each moment. Pure.
import type { SessionTrace, TracedSegment } from '@parallax/protocol';
import { formatBytes, formatCount } from '../../lib/format.ts';

const FLAGS: readonly [bit: number, name: string][] = [
  [0x02, 'SYN'],
  [0x01, 'FIN'],
  [0x04, 'RST'],
  [0x20, 'URG'],
  [0x08, 'PSH'],
  [0x10, 'ACK'],
];
const ACK = 0x10;

type Numbers = Pick<SessionTrace, 'clientIss' | 'onlineIss' | 'copies'>;

export const flagWords = (flags: number): string =>
  FLAGS.filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join(' ');

export const isToServer = ({ from }: TracedSegment): boolean => from === 'client' || from === 'copy';

/** Counted from the speaker's initial sequence number, as far as that is known. */
const relative = (number: number, iss: number | null): string => formatCount(iss === null ? number : (number - iss) >>> 0);

/** A copy says the client's numbers; each server has its own. */
function issOf(segment: TracedSegment, side: 'seq' | 'ack', { clientIss, onlineIss, copies }: Numbers): number | null {
  if (isToServer(segment) === (side === 'seq')) return clientIss;
  return segment.copy === null ? onlineIss : (copies.find(({ index }) => index === segment.copy)?.targetIss ?? null);
}

/** `seq 1`, `seq 1 to 44, 44 B`, `ack 6`. */
export function segmentWords(segment: TracedSegment, numbers: Numbers): { seq: string; ack: string; exact: string } {
  const { seq, ack, flags, payloadBytes } = segment;
  const iss = issOf(segment, 'seq', numbers);
  const first = relative(seq, iss);
  const last = relative((seq + payloadBytes - 1) >>> 0, iss);
  const bytes = payloadBytes === 0 ? '' : `${payloadBytes === 1 ? '' : ` to ${last}`}, ${formatBytes(payloadBytes)}`;
  const hasAck = (flags & ACK) !== 0;
  return {
    seq: `seq ${first}${bytes}`,
    ack: hasAck ? `ack ${relative(ack, issOf(segment, 'ack', numbers))}` : '',
    exact: `sequence number ${seq}${hasAck ? `, acknowledgement ${ack}` : ''}`,
  };
}

/** `12.345 ms`, counted from the first moment. */
export const sinceFirst = (atUs: number, firstAtUs: number): string => {
  const us = Math.round(atUs - firstAtUs);
  return us < 10_000_000 ? `${(us / 1000).toFixed(3)}\u00a0ms` : `${(us / 1e6).toFixed(3)}\u00a0s`;
};
