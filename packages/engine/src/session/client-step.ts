// The client said something: one captured segment on its way to the online server moves one session.
import { ACK, FIN, PSH, RST, seqDiff, type TcpView, URG } from '@parallax/wire';
import { endWithReset, isLive } from '../copy/end.ts';
import { sendWhatMay } from '../copy/send.ts';
import { beginLateTalk } from '../latency/parsed.ts';
import type { Ending } from '../ledger.ts';
import type { Work } from '../work.ts';
import { dropEarly } from './early.ts';
import { openLateCopies } from './late-copies.ts';
import { expectsContinue, isRequestStart } from './request-start.ts';
import type { Session } from './session.ts';
import { hasSeenAnswer, passOver, passOverHole, receive, startTurnIfAnswered } from './stream.ts';
import { hearSpeech } from './tls.ts';
import { noteUrgent } from './urgent.ts';

/** Numbers further away belong to an older connection of the same port; before the handshake is seen through, at most a first flight has been said. */
export const PLAUSIBLE_BYTES = 1 << 26;
const FIRST_FLIGHT_BYTES = 1 << 17;

/** A segment behind the SYN; `payloadBytes` of payload were captured at `payloadAt` of the memory. */
export function onClientSegment(work: Work, session: Session, tcp: TcpView, payloadAt: number, payloadBytes: number, capturedAtUs: number): void {
  const { flags, seq, ack } = tcp;
  if (Math.abs(seqDiff(seq, session.clientNext)) > (session.isAnswered ? PLAUSIBLE_BYTES : FIRST_FLIGHT_BYTES)) return;
  session.lastSeenMs = work.nowMs;
  if (session.isReset) return;
  if ((flags & RST) !== 0) return onClientReset(work, session, tcp);
  if ((flags & ACK) !== 0) seeAck(work, session, ack);

  let hasMoved = false;
  if (payloadBytes > 0) {
    if ((flags & URG) !== 0 && session.liveCopies > 0) noteUrgent(session, seq, tcp.urgentPointer);
    passOverHole(work, session, seq);
    const knownBytes = seqDiff(session.clientNext, seq);
    const hasNext = knownBytes >= 0 && knownBytes < payloadBytes;
    session.isRequestStart = hasNext && isRequestStart(session, ack);
    if (session.isWaiting && hasNext && !mayBeProbe(payloadBytes, flags)) {
      if (session.isRequestStart) beginLateTalk(work, session);
      openLateCopies(work, session, ack);
    }
    if (hasNext && !session.isSpeechKnown) hearNext(work, session, payloadAt + knownBytes, payloadAt + payloadBytes, ack);
    const outcome = receive(work, session, seq, payloadAt, payloadBytes, ack, (flags & PSH) !== 0, capturedAtUs);
    if (outcome === 'full') return endCopies(work, session, 'overLimit');
    hasMoved = outcome === 'moved';
    if (hasMoved) session.isContinueExpected = expectsContinue(work.pieces.memory, payloadAt, payloadAt + payloadBytes);
  }
  if ((flags & FIN) !== 0 && !session.hasFin) {
    session.hasFin = true;
    session.finSeq = (seq + payloadBytes) | 0;
    session.lastSaidAtMs = work.nowMs;
    session.lastAck = ack;
  }
  if (session.hasFin && session.liveCopies === 0 && seqDiff(session.finSeq, session.clientNext) > 0)
    passOver(session, seqDiff(session.finSeq, session.clientNext), session.clientAck);
  if (session.hasFin && !session.isFinReached && session.clientNext === session.finSeq) {
    session.isFinReached = hasMoved = true;
    session.lastTurn = turnOfEnd(session);
    dropEarly(work, session);
    if (session.liveCopies === 0 && session.isOnlineFinSeen) return work.forgetSession(session);
  }
  if (!hasMoved) return;
  sendToCopies(work, session);
  endIfReset(work, session);
}

/** A keep-alive may carry one byte that was never said (RFC 9293 §3.8.4): while nobody knows how far the client is, no copy begins with it (row 27). */
export const mayBeProbe = (payloadBytes: number, flags: number): boolean => payloadBytes === 1 && (flags & PSH) === 0;

function hearNext(work: Work, session: Session, at: number, end: number, ack: number): void {
  startTurnIfAnswered(session, ack);
  hearSpeech(work, session, at, end);
}

function seeAck(work: Work, session: Session, ack: number): void {
  if (!session.hasClientAck) {
    session.hasClientAck = true;
    session.clientAck = ack;
    session.firstAckAtMs = work.nowMs;
    if (!session.hasTurnAck) {
      session.hasTurnAck = true;
      session.turnAck = ack;
    }
  } else if (seqDiff(ack, session.clientAck) > 0) session.clientAck = ack;
}

/** An end that follows an answer waits for the target's answer, as bytes would. */
const turnOfEnd = (session: Session): number => (hasSeenAnswer(session, session.lastAck) ? session.turn + 1 : session.turn);

/**
 * The client aborted; what it had said is still delivered, then the copies abort too. A reset counts at exactly the next number (RFC 5961 §3.2):
 * one that overtook bytes waits for them, as the online server waits for the reset that answers its challenge.
 */
function onClientReset(work: Work, session: Session, { seq, ack, flags }: TcpView): void {
  const ahead = seqDiff(seq, session.clientNext);
  if (ahead < -1 || (!session.isAnswered && ahead !== 0)) return; // an older connection's
  if ((flags & ACK) !== 0) seeAck(work, session, ack); // an answer that it read and had not acknowledged yet
  session.lastAck = session.clientAck;
  if (ahead <= (session.isFinReached ? 1 : 0) || session.liveCopies === 0) return endSession(work, session, turnOfEnd(session));
  session.hasEarlyReset = true;
  session.resetSeq = seq;
}

/** A reset that came before its bytes counts once they are there. */
function endIfReset(work: Work, session: Session): void {
  if (session.hasEarlyReset && seqDiff(session.resetSeq, session.clientNext) <= (session.isFinReached ? 1 : 0)) endSession(work, session, turnOfEnd(session));
}

/** The online server aborted, or the client did. */
export function endSession(work: Work, session: Session, lastTurn: number): void {
  session.isReset = true;
  session.lastTurn = lastTurn;
  session.lastAck = session.clientAck;
  session.lastSaidAtMs = work.nowMs;
  dropEarly(work, session);
  sendToCopies(work, session);
  if (session.liveCopies === 0) work.forgetSession(session);
}

export function sendToCopies(work: Work, session: Session): void {
  for (const copy of session.copies) {
    if (!isLive(copy)) continue;
    sendWhatMay(work, copy);
    work.keepingUp.note(copy.held === 'waiting for the answer');
  }
}

/** Give the session's copies up for one reason. */
export function endCopies(work: Work, session: Session, ending: Ending): void {
  dropEarly(work, session);
  for (const copy of session.copies) endWithReset(work, copy, ending);
}
