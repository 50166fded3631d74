// The target said something: one captured answer header moves one copy.
import { ACK, FIN, PSH, RST, SYN, seqDiff, type TcpOptions, type TcpView } from '@parallax/wire';
import { NO_TIME_US } from '../latency/plausible.ts';
import { finishTargetTurn, onTargetTurnAnswer, onUnseenTargetTurnAnswer } from '../latency/turns.ts';
import { NONE } from '../pieces.ts';
import type { Work } from '../work.ts';
import { ANSWER_OPEN, ANSWERED, type Copy, EARLY_ANSWER, NO_ANSWER } from './copy.ts';
import { emitAck, emitReset, mayReset } from './emit.ts';
import { deliveredEnding, endLeft, endLingering, endQuietly, endWithReset, onResetConfirmed, releaseHead } from './end.ts';
import { settleExchanges } from './exchanges.ts';
import { meetOnline } from './pacing.ts';
import { onCutAcknowledged } from './path-mss.ts';
import { onRoundTrip, undoBackOff } from './round-trip.ts';
import { arm, resendHead, sendSyn, sendWhatMay } from './send.ts';
import { armProbe, onProbeAcknowledged } from './tail-probe.ts';

const DUPLICATE_ACKS = 3; // RFC 5681 §3.2
const INITIAL_WINDOW_SEGMENTS = 10; // RFC 6928
const CONGESTION_WINDOW_MOST_BYTES = 4 << 20;
/** Smallest segment that a target may ask for (Linux, TCP_MIN_SND_MSS). */
const LEAST_MSS_BYTES = 48;
/** So often an older connection is reset; then it is left alone. */
const RESETS_OF_OTHERS = 2;
/** What was offered to the target: numbers beyond it belong to another connection. */
const RECEIVE_WINDOW_BYTES = 1 << 24;

/** A header of the target's, its payload length on the wire, and when the assistant's kernel saw the first and the last of what it stands for (µs of the assistant's clock). Headers may be lost or repeated. */
export function onTargetSegment(
  work: Work,
  copy: Copy,
  tcp: TcpView,
  options: TcpOptions,
  payloadBytes: number,
  answeredAtUs: number,
  lastAnsweredAtUs: number,
): void {
  const { flags } = tcp;
  switch (copy.state) {
    case 'opening':
      return onOpening(work, copy, tcp, options, answeredAtUs);
    case 'open':
      if ((flags & RST) !== 0) return onReset(work, copy, tcp);
      if ((flags & SYN) !== 0) return emitAck(work, copy); // our ACK of its SYN was lost
      if ((flags & ACK) === 0) return;
      return onOpen(work, copy, tcp, options, payloadBytes, answeredAtUs, lastAnsweredAtUs);
    case 'lingering':
      if ((flags & RST) !== 0) return onResetConfirmed(work, copy);
      if (payloadBytes > 0 || (flags & FIN) !== 0) emitAck(work, copy);
      return;
    case 'resetting':
      if ((flags & RST) !== 0) {
        if (copy.retries === 0) work.out.reset(copy.mapping, 'target'); // of its own accord: nobody answers a reset with one, and nothing else was said yet
        return onResetConfirmed(work, copy);
      }
      if ((flags & ACK) !== 0 && mayReset(work, copy)) emitReset(work, copy, tcp.ack); // a challenge ACK names the number it wants (RFC 5961 §3.2)
      return;
    case 'left':
    case 'closed':
  }
}

function onOpening(work: Work, copy: Copy, tcp: TcpView, options: TcpOptions, answeredAtUs: number): void {
  const { flags, ack } = tcp;
  const expected = (copy.iss + 1) | 0;
  if ((flags & RST) !== 0) {
    if (ack !== expected) return;
    work.out.reset(copy.mapping, 'target');
    endQuietly(work, copy, 'refusedByTarget');
    return;
  }
  if ((flags & (SYN | ACK)) === ACK) {
    if (copy.isLeased) return work.moveCopy(copy); // somebody else's connection: leave it alone
    // The target still knows an older connection of this address and port: end that one and ask again (RFC 9293 §3.5.2), unless it takes no reset in TIME-WAIT (RFC 1337)
    if (copy.othersReset >= RESETS_OF_OTHERS) return work.moveCopy(copy);
    if (!mayReset(work, copy)) return; // the SYN is said again all the same
    copy.othersReset++;
    emitReset(work, copy, ack);
    if (copy.retries++ < work.limits.synRetries) sendSyn(work, copy);
    return;
  }
  if ((flags & (SYN | ACK)) !== (SYN | ACK) || ack !== expected) return;
  const { mapping } = copy;
  copy.state = 'open';
  copy.openedAtMs = work.nowMs;
  copy.sendUnacked = copy.sendNext = copy.sendMax = expected;
  copy.progressAtMs = work.nowMs;
  copy.targetIss = tcp.seq;
  copy.receiveNext = (tcp.seq + 1) | 0;
  copy.hasTimestamps = copy.hasOfferedTimestamps && options.hasTimestamps;
  copy.tsRecent = options.tsVal;
  copy.sendScale = copy.hasOfferedScale && options.windowScale >= 0 ? options.windowScale : 0;
  copy.sendWindowBytes = tcp.window; // the window of a SYN is never scaled (RFC 7323 §2.2)
  copy.windowSeq = tcp.seq;
  copy.windowAck = ack;
  const isV4 = copy.target[2] === 0xffff && copy.target[0] === 0;
  const pathMssBytes = Math.min(
    options.mssBytes || (isV4 ? 536 : 1220),
    work.limits.mssBytes,
    work.limits.mtuBytes - (isV4 ? 40 : 60),
    mapping.pathMssBytes(work.nowMs),
  ); // RFC 9293 §3.7.1
  copy.mssBytes = Math.max(pathMssBytes, LEAST_MSS_BYTES) - (copy.hasTimestamps ? 12 : 0);
  mapping.lastMssBytes = copy.mssBytes;
  copy.congestionWindowBytes = copy.mssBytes * INITIAL_WINDOW_SEGMENTS;
  copy.resendAtMs = 0;
  copy.retries = copy.sendFailures = 0;
  copy.rtoMs = work.limits.rtoInitialMs;
  if (copy.isSynTimed) {
    if (answeredAtUs !== NO_TIME_US && copy.sentAtUs !== NO_TIME_US) {
      mapping.offerAnswerOffset(answeredAtUs - copy.sentAtUs, work.nowMs);
      work.out.connected(mapping, 'target', answeredAtUs - copy.sentAtUs - mapping.answerOffsetUs);
    }
    onRoundTrip(copy, work.nowMs - copy.timedAtMs, work.limits);
  }
  copy.isAckDue = true;
  copy.ackedUpTo = tcp.seq;
  sendWhatMay(work, copy);
  if (copy.isAckDue) emitAck(work, copy);
  arm(work, copy);
}

function onReset(work: Work, copy: Copy, tcp: TcpView): void {
  const ahead = seqDiff(tcp.seq, copy.receiveNext);
  if (ahead < 0 || ahead > RECEIVE_WINDOW_BYTES) return; // outside the window that we offered
  if (ahead > 0) return acknowledgeSoon(work, copy, true); // an older connection's, or answers were lost: if it is meant, it comes again at our number (RFC 5961 §3.2)
  work.out.reset(copy.mapping, 'target');
  const isDelivered = copy.isFinAcked || (copy.session.isReset && copy.nextPiece === NONE && copy.sendUnacked === copy.sendMax);
  endLeft(work, copy, isDelivered ? deliveredEnding(copy) : copy.isTargetFinSeen ? 'closedEarlyByTarget' : 'resetByTarget');
}

function onOpen(work: Work, copy: Copy, tcp: TcpView, options: TcpOptions, payloadBytes: number, answeredAtUs: number, lastAnsweredAtUs: number): void {
  const { flags, seq, ack } = tcp;
  const ahead = seqDiff(seq, copy.receiveNext);
  if (ahead > RECEIVE_WINDOW_BYTES || seqDiff(ack, copy.sendMax) > 0) return; // another connection's
  if (copy.hasTimestamps && options.hasTimestamps && seqDiff(options.tsVal, copy.tsRecent) > 0) copy.tsRecent = options.tsVal;

  const acked = seqDiff(ack, copy.sendUnacked);
  if (acked > 0) onAcknowledged(work, copy, ack, acked);
  else if (acked === 0 && isDuplicateAck(copy, tcp, payloadBytes)) onDuplicateAck(work, copy);
  // A window counts from its own acknowledgement: a new one brings its window even when its number was overtaken (Linux, tcp_may_update_window), an old one never (RFC 9293 §3.10.7.4)
  if (acked > 0 || (acked === 0 && (seqDiff(seq, copy.windowSeq) > 0 || (seq === copy.windowSeq && seqDiff(ack, copy.windowAck) >= 0)))) {
    copy.windowSeq = seq;
    copy.windowAck = ack;
    copy.sendWindowBytes = tcp.window << copy.sendScale;
    if (copy.sendWindowBytes > 0) copy.persistCount = 0;
    if (copy.persistAtMs !== 0) copy.retries = 0; // it is there, only its window is closed
  }

  const isFin = (flags & FIN) !== 0;
  if (payloadBytes > 0 || isFin) {
    const end = (seq + payloadBytes + (isFin ? 1 : 0)) | 0;
    if (seqDiff(end, copy.receiveNext) > 0) {
      copy.progressAtMs = work.nowMs;
      copy.receiveNext = end; // a gap before it is acknowledged too: nobody here needs those bytes
      meetOnline(copy);
      if (payloadBytes > 0) onAnswer(work, copy, (flags & PSH) !== 0, ack, answeredAtUs, lastAnsweredAtUs);
      if (isFin) {
        copy.isTargetFirst = !copy.isFinAcked;
        copy.isTargetFinSeen = copy.session.isWaiting = true;
        finishTargetTurn(work, copy);
        if (copy.answer !== NO_ANSWER || ahead > 0) endAnswer(work, copy); // nothing more will come; by itself it is no answer
      }
      acknowledgeSoon(work, copy, isFin);
    } else acknowledgeSoon(work, copy, true); // sent again: our acknowledgement was lost
  } else if (ahead < 0)
    acknowledgeSoon(work, copy, true); // keep-alive (RFC 9293 §3.8.4)
  else if (ahead > 0 && copy.answer < ANSWER_OPEN && ack === copy.sendMax) onUnseenAnswer(work, copy);

  if (copy.isFinAcked && copy.isTargetFinSeen) {
    if (copy.ackedUpTo !== copy.receiveNext) emitAck(work, copy);
    return endLingering(work, copy, deliveredEnding(copy));
  }
  if (copy.isTargetFinSeen && copy.nextPiece !== NONE && !copy.session.isOnlineFinSeen) return endWithReset(work, copy, 'closedEarlyByTarget');
  sendWhatMay(work, copy);
}

function onAcknowledged(work: Work, copy: Copy, ack: number, acked: number): void {
  const { session } = copy;
  const { pieces } = work;
  const ackedFin = session.isFinReached && ack === ((session.finSeq + 1) | 0);
  const bytes = ackedFin ? acked - 1 : acked;
  copy.bytesDelivered += bytes;
  copy.mapping.ledger.bytes.ended.delivered += bytes;
  copy.sendUnacked = ack;
  copy.progressAtMs = work.nowMs;
  if (ackedFin) copy.isFinAcked = copy.isFinSent = true;
  while (copy.headPiece !== NONE && seqDiff(ack, pieces.endSeq(copy.headPiece)) >= 0) {
    if (copy.nextPiece === copy.headPiece) copy.nextPiece = pieces.next[copy.headPiece]!;
    releaseHead(work, copy);
  }
  if (seqDiff(copy.sendNext, ack) < 0) {
    copy.sendNext = ack; // while resending, the target turned out to have more
    copy.nextPiece = copy.headPiece;
  }
  copy.retries = copy.sendFailures = 0;
  if (copy.isProbed) onProbeAcknowledged(copy);
  if (copy.isCut) onCutAcknowledged(work, copy);
  undoBackOff(copy, work.limits);
  if (copy.isTiming && seqDiff(ack, copy.timedSeq) >= 0) {
    copy.isTiming = false;
    onRoundTrip(copy, work.nowMs - copy.timedAtMs, work.limits);
  }
  if (copy.isRecovering && seqDiff(ack, copy.recoverSeq) < 0) {
    resendHead(work, copy); // a partial acknowledgement: the next one is lost too (RFC 6582 §3.2)
  } else {
    if (copy.isRecovering) copy.congestionWindowBytes = copy.slowStartBytes;
    else if (copy.congestionWindowBytes < CONGESTION_WINDOW_MOST_BYTES) {
      copy.congestionWindowBytes +=
        copy.congestionWindowBytes < copy.slowStartBytes ? bytes : Math.max(1, Math.floor((copy.mssBytes * copy.mssBytes) / copy.congestionWindowBytes)); // RFC 5681 §3.1
    }
    copy.isRecovering = false;
    copy.duplicateAcks = 0;
  }
  copy.resendAtMs = copy.sendUnacked === copy.sendMax ? 0 : work.nowMs + copy.rtoMs;
  armProbe(work, copy);
}

function isDuplicateAck(copy: Copy, tcp: TcpView, payloadBytes: number): boolean {
  return (
    payloadBytes === 0 &&
    (tcp.flags & FIN) === 0 &&
    copy.sendMax !== copy.sendUnacked &&
    tcp.seq === copy.receiveNext &&
    tcp.window << copy.sendScale === copy.sendWindowBytes
  );
}

/** Fast retransmit (RFC 5681 §3.2, RFC 6582). */
function onDuplicateAck(work: Work, copy: Copy): void {
  copy.duplicateAcks++;
  if (copy.duplicateAcks !== DUPLICATE_ACKS || copy.isRecovering) return;
  const inFlightBytes = seqDiff(copy.sendMax, copy.sendUnacked);
  copy.isRecovering = true;
  copy.recoverSeq = copy.sendMax;
  copy.slowStartBytes = Math.max(inFlightBytes >> 1, 2 * copy.mssBytes);
  copy.congestionWindowBytes = copy.slowStartBytes + DUPLICATE_ACKS * copy.mssBytes;
  resendHead(work, copy);
  copy.resendAtMs = work.nowMs + copy.rtoMs;
}

/** New payload of the target: part of the answer to all that was sent, or early while some of the turn is not there yet. */
function onAnswer(work: Work, copy: Copy, isPushed: boolean, ack: number, answeredAtUs: number, lastAnsweredAtUs: number): void {
  if (seqDiff(ack, saidUpTo(copy)) < 0) {
    if (seqDiff(ack, copy.turnSeq) >= 0) settleExchanges(copy, copy.turn - 1, 'delivered'); // not paced by answers: it has the turns before this one
    if (copy.answer < EARLY_ANSWER) copy.answer = EARLY_ANSWER;
    return;
  }
  copy.hasBeenAnswered = true;
  if (copy.talk === null) onTargetTurnAnswer(work, copy, saidUpTo(copy), answeredAtUs, lastAnsweredAtUs);
  else copy.isAwaitingTarget = false;
  if (isPushed) {
    endAnswer(work, copy);
    copy.quietAtMs = 0;
  } else openAnswer(work, copy);
}

/** Behind the last byte that was sent; a FIN asks for nothing. */
function saidUpTo(copy: Copy): number {
  const { isFinReached, finSeq } = copy.session;
  return isFinReached && seqDiff(copy.sendMax, finSeq) > 0 ? finSeq : copy.sendMax;
}

function endAnswer(work: Work, copy: Copy): void {
  copy.answer = ANSWERED;
  countAnswered(work, copy);
}

/** All that was sent is answered: the turns before this one, and this one unless some of it still waits to be sent. */
function countAnswered(work: Work, copy: Copy): void {
  const isWhole = copy.nextPiece === NONE || work.pieces.turn[copy.nextPiece] !== copy.lastTurn;
  settleExchanges(copy, isWhole ? copy.lastTurn : copy.lastTurn - 1, 'delivered');
}

/** An acknowledgement from beyond what was seen: the answer's header was lost on its way here, but answered it is (row 17). */
function onUnseenAnswer(work: Work, copy: Copy): void {
  copy.hasBeenAnswered = true;
  if (copy.talk === null) onUnseenTargetTurnAnswer(work, copy);
  else copy.isAwaitingTarget = false;
  openAnswer(work, copy);
}

function openAnswer(work: Work, copy: Copy): void {
  copy.answer = ANSWER_OPEN;
  countAnswered(work, copy);
  copy.quietAtMs = work.nowMs + Math.ceil(Math.max(work.limits.quietMs, copy.srttMs / 4));
}

/** At once (with the end of the batch) or within the delayed acknowledgement's time, whichever this deserves (RFC 9293 §3.8.6.3). */
function acknowledgeSoon(work: Work, copy: Copy, atOnce: boolean): void {
  if (atOnce || seqDiff(copy.receiveNext, copy.ackedUpTo) >= 2 * copy.mssBytes) {
    if (copy.isAckDue) return;
    copy.isAckDue = true;
    work.ackDue.push(copy);
  } else if (copy.ackAtMs === 0) copy.ackAtMs = work.nowMs + work.limits.delayedAckMs;
}
