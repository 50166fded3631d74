// The online server said something: its captured header tells what it received, and when it answered.
import { ACK, FIN, PSH, RST, SYN, seqDiff, type TcpView } from '@parallax/wire';
import { meetOnline } from '../copy/pacing.ts';
import { sendWhatMay } from '../copy/send.ts';
import { isPlausibleOnline, spanOf } from '../latency/plausible.ts';
import { finishOnlineTurn, onOnlineTurnAnswer } from '../latency/turns.ts';
import type { Work } from '../work.ts';
import { endCopies, endSession } from './client-step.ts';
import { wasDropped } from './dropped.ts';
import { Pushes } from './pushes.ts';
import { refuse } from './refuse.ts';
import type { Session } from './session.ts';

/** A packet from the online server to the client with `payloadBytes` of payload on the wire, of which `capturedBytes` are at `payloadAt` of the memory. */
export function onOnlineSegment(
  work: Work,
  session: Session,
  tcp: TcpView,
  payloadAt: number,
  capturedBytes: number,
  payloadBytes: number,
  capturedAtUs: number,
): void {
  if (session.isSkipped || session.isReset) {
    session.lastSeenMs = work.nowMs;
    return;
  }
  const { flags, seq, ack } = tcp;
  const isAboutThis = session.isAnswered || ((flags & ACK) !== 0 && isSynAcknowledged(session, ack));
  if (!isAboutThis) return; // to an older connection of the same client port
  session.lastSeenMs = work.nowMs;
  if ((flags & RST) !== 0) {
    if (!isResetOfThis(session, flags, seq, ack)) return;
    for (const mapping of session.mappings) work.out.reset(mapping, 'online');
    endSession(work, session, session.turn);
    return;
  }
  if (session.isSigned) for (const mapping of session.mappings) refuse(work, mapping, 'TCP-MD5 or TCP-AO'); // and the online server takes it
  if ((flags & SYN) !== 0) return seeSynAck(work, session, seq, ack, capturedAtUs);
  if ((flags & ACK) !== 0) seeOnlineAck(work, session, ack);
  if (payloadBytes > 0) seeAnswer(work, session, seq, ack, (flags & PSH) !== 0, payloadAt, capturedBytes, payloadBytes, capturedAtUs);
  if ((flags & FIN) !== 0) {
    finishOnlineTurn(work, session);
    work.listener.hearOnlineEnd(session, capturedAtUs);
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

function seeSynAck(work: Work, session: Session, seq: number, ack: number, capturedAtUs: number): void {
  if (session.hasOnlineIss || !isSynAcknowledged(session, ack)) return;
  session.hasOnlineIss = true;
  session.onlineIss = seq;
  if (!session.hasOnlineNext) {
    session.hasOnlineNext = true;
    session.onlineNext = (seq + 1) | 0;
    session.onlineNextAck = ack;
  }
  const handshakeUs = spanOf(session.synAtUs, capturedAtUs);
  if (session.synAtUs > 0 && isPlausibleOnline(work, handshakeUs, session.openedAtMs))
    for (const mapping of session.mappings) work.out.connected(mapping, 'online', handshakeUs);
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

/** A target that was ahead may be no more; one that is behind will come to where the online server has paused. */
function meetTargets(work: Work, session: Session, isPushed: boolean): void {
  for (const copy of session.copies) {
    const { held } = copy;
    if (isPushed && held !== null) session.pushes ??= new Pushes();
    if (copy.state === 'open' && !copy.hasMetOnline && meetOnline(copy) && held === 'waiting for the answer') sendWhatMay(work, copy);
  }
  if (isPushed) session.pushes?.add(session.onlineNext);
}

function seeAnswer(
  work: Work,
  session: Session,
  seq: number,
  ack: number,
  isPushed: boolean,
  payloadAt: number,
  capturedBytes: number,
  payloadBytes: number,
  capturedAtUs: number,
): void {
  const end = (seq + payloadBytes) | 0;
  if (!session.hasOnlineNext) session.onlineNext = seq;
  const missing = seqDiff(seq, session.onlineNext);
  if (seqDiff(end, session.onlineNext) <= 0) return; // sent again
  if (!session.isTurnHeard && session.spokenTurn === session.turn && seqDiff(ack, session.turnSeq) > 0) {
    session.isTurnHeard = true;
    session.turnHeardAt = session.onlineNext;
  }
  session.hasOnlineNext = true;
  session.onlineNext = end;
  session.onlineNextAck = ack;
  session.bytesFromOnline += payloadBytes;
  meetTargets(work, session, isPushed);
  if (session.talk === null) return onOnlineTurnAnswer(work, session, ack, capturedAtUs);
  const known = Math.max(0, -missing);
  const heard = Math.max(0, capturedBytes - known);
  work.listener.hearOnline(session, payloadAt + capturedBytes - heard, heard, Math.max(0, missing), payloadBytes - known - heard, capturedAtUs);
}
