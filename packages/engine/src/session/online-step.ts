// The online server said something: its captured header tells what it received, and when it answered.
import { ACK, FIN, RST, SYN, seqDiff, type TcpView } from '@parallax/wire';
import type { Work } from '../work.ts';
import { endCopies, endSession } from './client-step.ts';
import { wasDropped } from './dropped.ts';
import type { Session } from './session.ts';

/** Two clocks that measured the same span may differ by so much. */
const CLOCK_SLACK_US = 1_000_000;

/** A header from the online server to the client with `payloadBytes` of payload on the wire. */
export function onOnlineSegment(work: Work, session: Session, tcp: TcpView, payloadBytes: number, capturedAtUs: number): void {
  if (session.isSkipped || session.isReset) {
    session.lastSeenMs = work.nowMs;
    return;
  }
  const { flags, seq, ack } = tcp;
  const isAboutThis = session.isAnswered || ((flags & ACK) !== 0 && isSynAcknowledged(session, ack));
  if (!isAboutThis) return; // to an older connection of the same client port
  session.lastSeenMs = work.nowMs;
  if ((flags & RST) !== 0) {
    if (isResetOfThis(session, flags, seq, ack)) endSession(work, session, session.turn);
    return;
  }
  if ((flags & SYN) !== 0) return seeSynAck(session, seq, ack);
  if ((flags & ACK) !== 0) seeOnlineAck(work, session, ack);
  if (payloadBytes > 0) seeAnswer(work, session, (seq + payloadBytes) | 0, ack, payloadBytes, capturedAtUs);
  if ((flags & FIN) !== 0) {
    session.isOnlineFinSeen = true;
    if (session.isFinReached && session.liveCopies === 0) work.forgetSession(session);
  }
}

/** Acknowledges the SYN, and of the bytes behind it at most what was captured (data in a SYN, RFC 7413). */
const isSynAcknowledged = (session: Session, ack: number): boolean => seqDiff(ack, session.clientIss) > 0 && seqDiff(ack, session.clientNext) <= 0;

/** Of its own accord it acknowledges what it has; a reset that answers a late packet carries that packet's acknowledgement as its number (RFC 9293 §3.10.7.1), and may belong to an older connection. */
function isResetOfThis(session: Session, flags: number, seq: number, ack: number): boolean {
  if ((flags & ACK) !== 0) return seqDiff(ack, session.clientIss) > 0 && seqDiff(ack, session.clientNext) <= 1;
  return session.hasClientAck && seqDiff(seq, session.clientAck) <= 0 && (!session.hasOnlineIss || seqDiff(seq, session.onlineIss) > 0);
}

function seeSynAck(session: Session, seq: number, ack: number): void {
  if (session.hasOnlineIss || !isSynAcknowledged(session, ack)) return;
  session.hasOnlineIss = true;
  session.onlineIss = seq;
  if (!session.hasOnlineNext) {
    session.hasOnlineNext = true;
    session.onlineNext = (seq + 1) | 0;
    session.onlineNextAck = ack;
  }
  if (session.hasTurnAck) return;
  session.hasTurnAck = true;
  session.turnAck = (seq + 1) | 0;
}

/** Acknowledged past what was captured: the client will never say it again, so the copies cannot go on (tcp-behaviour row 16). */
function seeOnlineAck(work: Work, session: Session, ack: number): void {
  if (session.hasOnlineAck && seqDiff(ack, session.onlineAck) <= 0) return;
  session.hasOnlineAck = true;
  session.onlineAck = ack;
  const captured = session.isFinReached ? (session.clientNext + 1) | 0 : session.clientNext;
  if (seqDiff(ack, captured) > 0 && session.liveCopies > 0) endCopies(work, session, wasDropped(work, session) ? 'captureDrop' : 'unfillableGap');
}

function seeAnswer(work: Work, session: Session, end: number, ack: number, payloadBytes: number, capturedAtUs: number): void {
  if (session.hasOnlineNext && seqDiff(end, session.onlineNext) <= 0) return; // sent again
  session.hasOnlineNext = true;
  session.onlineNext = end;
  session.onlineNextAck = ack;
  session.bytesFromOnline += payloadBytes;
  if (!session.isAwaitingOnline || seqDiff(ack, session.clientNext) < 0) return; // it has not received the whole request
  session.isAwaitingOnline = false;
  for (const mapping of session.mappings) mapping.onlineExchanges++;
  const latencyUs = capturedAtUs - session.requestAtUs;
  if (latencyUs < 0 || latencyUs > (work.nowMs - session.requestAtMs) * 1000 + CLOCK_SLACK_US) return; // the wall clock was set meanwhile (row 53)
  session.lastLatencyUs = latencyUs;
  for (const mapping of session.mappings) work.out.exchange(mapping, 'online', latencyUs);
}
