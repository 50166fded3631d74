// What a copy puts on the wire. Nothing here decides; it only writes down the copy's own numbers.
import { ACK, FIN, PSH, RST, SYN, seqDiff, URG } from '@parallax/wire';
import { urgentPointerAt } from '../session/urgent.ts';
import type { Work } from '../work.ts';
import type { Copy } from './copy.ts';
import type { Lingering } from './lingering.ts';

/** Target data are dropped on arrival, so the window is always open: 65535 << 8 = 16 MiB (tcp-behaviour row 6). */
const WINDOW = 65_535;
const WINDOW_SCALE = 8;

/** What a segment needs to know of who says it. */
type Speaker = Pick<Copy, 'mapping' | 'source' | 'sourcePort' | 'target' | 'targetPort' | 'hasTimestamps' | 'tsRecent'>;

function say(
  work: Work,
  copy: Speaker,
  seq: number,
  ack: number,
  flags: number,
  payloadAt: number,
  payloadBytes: number,
  urgentPointer: number,
  offer: Copy | null,
): void {
  const { segment } = work;
  segment.source = copy.source;
  segment.sourcePort = copy.sourcePort;
  segment.destination = copy.target;
  segment.destinationPort = copy.targetPort;
  segment.seq = seq;
  segment.ack = ack;
  segment.flags = flags;
  segment.window = WINDOW;
  segment.urgentPointer = urgentPointer;
  segment.mssBytes = 0;
  segment.windowScale = -1;
  segment.hasTimestamps = copy.hasTimestamps;
  segment.tsVal = (work.timestampBaseMs + work.nowMs) | 0;
  segment.tsEcr = copy.tsRecent;
  segment.payloadAt = payloadAt;
  segment.payloadBytes = payloadBytes;
  if (offer !== null) {
    segment.mssBytes = synMssBytes(work, offer);
    segment.windowScale = offer.session.hasWindowScale ? WINDOW_SCALE : -1;
  }
  copy.mapping.packetsInjected++;
  copy.mapping.bytesInjected += payloadBytes;
  work.out.inject(segment);
}

function emit(work: Work, copy: Copy, seq: number, ack: number, flags: number, payloadAt: number, payloadBytes: number, urgentPointer = 0): void {
  if (work.followed.count > 0) work.followed.onSent(copy, seq, ack, flags, payloadBytes);
  say(work, copy, seq, ack, flags, payloadAt, payloadBytes, urgentPointer, (flags & SYN) === 0 ? null : copy);
}

function synMssBytes(work: Work, copy: Copy): number {
  const most = Math.min(work.limits.mssBytes, work.limits.mtuBytes - (copy.target[2] === 0xffff && copy.target[0] === 0 ? 40 : 60));
  return copy.session.mssBytes > 0 ? Math.min(copy.session.mssBytes, most) : most;
}

/** Open the connection at the client's initial sequence number, offering what the client's latest SYN offered, but no SACK (rows 3 and 36). */
export function emitSyn(work: Work, copy: Copy): void {
  copy.hasTimestamps = copy.session.hasTimestamps;
  copy.hasOfferedTimestamps ||= copy.session.hasTimestamps;
  copy.hasOfferedScale ||= copy.session.hasWindowScale;
  emit(work, copy, copy.iss, 0, SYN, 0, 0);
}

/** Every segment but SYN and RST acknowledges all that the target said. */
function acknowledged(copy: Copy): number {
  copy.ackedUpTo = copy.receiveNext;
  copy.ackAtMs = 0;
  copy.isAckDue = false;
  return copy.receiveNext;
}

export function emitData(work: Work, copy: Copy, seq: number, payloadAt: number, payloadBytes: number, push: boolean): void {
  const flags = push ? ACK | PSH : ACK;
  const urgentPointer = copy.session.urgentEnds === null ? 0 : urgentPointerAt(copy.session, seq);
  emit(work, copy, seq, acknowledged(copy), urgentPointer === 0 ? flags : flags | URG, payloadAt, payloadBytes, urgentPointer);
}

export function emitFin(work: Work, copy: Copy): void {
  emit(work, copy, copy.session.finSeq, acknowledged(copy), ACK | FIN, 0, 0);
}

export function emitAck(work: Work, copy: Copy): void {
  emit(work, copy, nextSeqOf(copy), acknowledged(copy), ACK, 0, 0);
}

/** The number of a segment without payload, while resending too: an older one would be refused (RFC 9293 §3.10.7.4). */
export function nextSeqOf(copy: Copy): number {
  const windowEnd = (copy.sendUnacked + copy.sendWindowBytes) | 0;
  return seqDiff(windowEnd, copy.sendMax) < 0 ? windowEnd : copy.sendMax;
}

/** The same of what is left of one. */
export const emitAckOf = (work: Work, left: Lingering): void => say(work, left, left.seq, left.receiveNext, ACK, 0, 0, 0, null);

/** Ask for the window: an old number makes the target answer with an ACK (RFC 9293 §3.8.6.1). */
export function emitProbe(work: Work, copy: Copy): void {
  emit(work, copy, (copy.sendUnacked - 1) | 0, acknowledged(copy), ACK, 0, 0);
}

/** False if another reset would be beyond the rate limit; then it is counted, and one must come later. */
export function mayReset(work: Work, copy: Copy): boolean {
  if (work.resets.take(work.nowMs)) return true;
  copy.mapping.resetsHeld++;
  return false;
}

/** A reset counts only at exactly the target's next expected number (RFC 5961 §3.2). Before the handshake is through there is nothing to acknowledge, and a wrong acknowledgement would void it. */
export function emitReset(work: Work, copy: Copy, seq: number): void {
  const isOpened = copy.openedAtMs >= 0;
  copy.mapping.resets++;
  emit(work, copy, seq, isOpened ? copy.receiveNext : 0, isOpened ? RST | ACK : RST, 0, 0);
}
