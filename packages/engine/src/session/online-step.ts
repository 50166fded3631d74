// The online server said something: its captured header tells what it received, and when it answered.
import { ACK, FIN, RST, SYN, seqDiff, type TcpView } from '@parallax/wire';
import type { Work } from '../work.ts';
import { endCopies, endSession } from './client-step.ts';
import type { Session } from './session.ts';

/** A header from the online server to the client with `payloadBytes` of payload on the wire. */
export function onOnlineSegment(work: Work, session: Session, tcp: TcpView, payloadBytes: number, capturedAtUs: number): void {
  session.lastSeenMs = work.nowMs;
  if (session.isSkipped || session.isReset) return;
  const { flags, seq, ack } = tcp;
  if ((flags & RST) !== 0) return endSession(work, session, session.turn, capturedAtUs);
  if ((flags & SYN) !== 0) {
    if (!session.hasTurnAck) {
      session.hasTurnAck = true;
      session.turnAck = (seq + 1) | 0;
    }
    return;
  }
  if ((flags & ACK) !== 0) seeOnlineAck(work, session, ack);
  const isFin = (flags & FIN) !== 0;
  if (payloadBytes > 0) seeAnswer(work, session, (seq + payloadBytes) | 0, ack, payloadBytes, capturedAtUs);
  if (isFin) {
    session.isOnlineFinSeen = true;
    if (session.isFinReached && session.liveCopies === 0) work.forgetSession(session);
  }
}

/** Acknowledged past what was captured: the client will never say it again, so the copies cannot go on (tcp-behaviour row 16). */
function seeOnlineAck(work: Work, session: Session, ack: number): void {
  if (session.hasOnlineAck && seqDiff(ack, session.onlineAck) <= 0) return;
  session.hasOnlineAck = true;
  session.onlineAck = ack;
  const captured = session.isFinReached ? (session.clientNext + 1) | 0 : session.clientNext;
  if (seqDiff(ack, captured) > 0 && session.liveCopies > 0) endCopies(work, session, 'unfillableGap');
}

function seeAnswer(work: Work, session: Session, end: number, ack: number, payloadBytes: number, capturedAtUs: number): void {
  if (session.hasOnlineNext && seqDiff(end, session.onlineNext) <= 0) return; // sent again
  session.hasOnlineNext = true;
  session.onlineNext = end;
  session.bytesFromOnline += payloadBytes;
  if (!session.isAwaitingOnline || seqDiff(ack, session.clientNext) < 0) return; // it has not received the whole request
  session.isAwaitingOnline = false;
  session.lastLatencyUs = Math.max(0, capturedAtUs - session.requestAtUs);
  for (const mapping of session.mappings) {
    mapping.onlineExchanges++;
    work.out.exchange(mapping, 'online', session.lastLatencyUs);
  }
}
