// The client's byte stream, put together as Linux does it, and handed to the copies in pieces.
import { seqDiff } from '@parallax/wire';
import { isLive } from '../copy/end.ts';
import { askExchange } from '../copy/exchanges.ts';
import { onTurnRequest } from '../latency/turns.ts';
import { CELL_BYTES, NONE } from '../pieces.ts';
import type { Work } from '../work.ts';
import { dropEarly, insertEarly } from './early.ts';
import { isRequestStart } from './request-start.ts';
import type { Session } from './session.ts';

/** What became of captured payload: `moved` if the stream grew, `old` if all was known, `early` if it lies beyond a gap, `full` if there was no room. */
export type StreamOutcome = 'moved' | 'old' | 'early' | 'full';

/** Take payload at [at, at + lengthBytes) of the memory, of a segment that starts at `seq`. */
export function receive(
  work: Work,
  session: Session,
  seq: number,
  at: number,
  lengthBytes: number,
  ack: number,
  isPushed: boolean,
  capturedAtUs: number,
): StreamOutcome {
  const knownBytes = seqDiff(session.clientNext, seq);
  if (knownBytes >= lengthBytes || session.isFinReached) return 'old';
  const isEarlyWanted = knownBytes < 0 && session.isWaiting && isRequestStart(session, ack);
  if (session.liveCopies === 0 && !isEarlyWanted) {
    const newBytes = Math.min(lengthBytes, lengthBytes - knownBytes);
    passOver(session, lengthBytes - knownBytes, ack);
    session.isPushed = isPushed;
    work.listener.hearClient(session, at + lengthBytes - newBytes, newBytes, session.clientNext, Math.max(0, -knownBytes), capturedAtUs);
    drainEarly(work, session, capturedAtUs);
    dropEarly(work, session);
    noteRequest(work, session, capturedAtUs);
    return 'moved';
  }
  if (knownBytes < 0) {
    if (lengthBytes - knownBytes > work.limits.gapBytes) return 'early';
    return insertEarly(work, session, seq, at, lengthBytes, ack, isPushed) ? 'early' : 'full';
  }
  if (!append(work, session, at + knownBytes, lengthBytes - knownBytes, ack, isPushed, capturedAtUs)) return 'full';
  if (session.early !== NONE) drainEarly(work, session, capturedAtUs);
  noteRequest(work, session, capturedAtUs);
  return session.bytesHeld <= work.limits.sessionBytes ? 'moved' : 'full';
}

function noteRequest(work: Work, session: Session, capturedAtUs: number): void {
  if (session.talk === null) onTurnRequest(work, session, capturedAtUs);
  session.dropsAtMove = work.captureDrops;
}

/** Nobody needs the bytes: they are counted, and those of a hole before them too, because the client said them. */
export function passOver(session: Session, lengthBytes: number, ack: number): void {
  startTurnIfAnswered(session, ack);
  advance(session, lengthBytes);
}

/** New bytes in order: cut to pieces that fit one segment each, and known to every live copy. False when the store is full. */
function append(work: Work, session: Session, at: number, lengthBytes: number, ack: number, isPushed: boolean, capturedAtUs: number): boolean {
  startTurnIfAnswered(session, ack);
  session.isPushed = isPushed;
  let doneBytes = 0;
  while (doneBytes < lengthBytes) {
    const pieceBytes = Math.min(lengthBytes - doneBytes, session.pieceBytes, CELL_BYTES);
    const isLast = doneBytes + pieceBytes === lengthBytes;
    const piece = work.pieces.add(session.clientNext, at + doneBytes, pieceBytes, ack, isPushed && isLast, work.nowMs);
    if (piece === NONE) return false;
    if (doneBytes === 0 && session.isRequestStart) work.pieces.begins[piece] = 1;
    link(work, session, piece);
    advance(session, pieceBytes);
    work.listener.hearClient(session, at + doneBytes, pieceBytes, session.clientNext, 0, capturedAtUs);
    doneBytes += pieceBytes;
  }
  return true;
}

/** What the online server has and was not captured went by, while nobody needed it. */
export function passOverHole(work: Work, session: Session, seq: number): void {
  if (session.liveCopies > 0 || !session.hasOnlineAck) return;
  const goneBytes = Math.min(seqDiff(seq, session.clientNext), seqDiff(session.onlineAck, session.clientNext));
  if (goneBytes <= 0) return;
  dropEarly(work, session);
  passOver(session, goneBytes, session.clientAck);
  work.listener.hearClient(session, 0, 0, session.clientNext, goneBytes, 0);
  session.isPushed = false;
}

/** The client saw an answer before it said this: a new turn. */
export function startTurnIfAnswered(session: Session, ack: number): void {
  if (!session.hasTurnAck) {
    session.hasTurnAck = true;
    session.turnAck = ack;
  } else if (hasSeenAnswer(session, ack)) {
    if (isInMidAnswer(session, ack)) session.turnSeq = session.clientNext;
    else session.turn++;
    session.turnAck = ack;
    session.isTurnHeard = false;
  }
}

/**
 * Has a client that acknowledges `ack` seen an answer to its turn? What the online server said before it had received any of the turn answers earlier ones:
 * a client that pipelines sees the rest of those while it speaks. Of what was not captured nobody knows.
 */
export function hasSeenAnswer(session: Session, ack: number): boolean {
  if (!session.hasTurnAck || seqDiff(ack, session.turnAck) <= 0) return false;
  if (session.spokenTurn !== session.turn || !session.hasOnlineNext || seqDiff(ack, session.onlineNext) > 0) return true;
  return session.isTurnHeard && seqDiff(ack, session.turnHeardAt) > 0;
}

/** The client speaks on while the online server's answer comes in: it does not speak because of that answer, and its turn goes on. A greeting answers nothing. */
const isInMidAnswer = (session: Session, ack: number): boolean =>
  session.spokenTurn === session.turn && session.hasOnlineNext && seqDiff(ack, session.onlineNext) < 0;

function advance(session: Session, lengthBytes: number): void {
  const isNewTurn = session.spokenTurn !== session.turn;
  if (isNewTurn) session.turnSeq = session.clientNext;
  session.clientNext = (session.clientNext + lengthBytes) | 0;
  session.bytesFromClient += lengthBytes;
  session.spokenTurn = session.turn;
  for (const copy of session.copies) {
    const { bytes } = copy.mapping.ledger;
    if (copy.ending === null) {
      bytes.asked += lengthBytes;
      copy.bytesAsked += lengthBytes;
    } else bytes.writeOff(copy.ending, lengthBytes);
    if (isNewTurn) askExchange(copy);
  }
  for (const { mapping, ending, count } of session.absences) {
    mapping.ledger.bytes.writeOff(ending, count * lengthBytes);
    if (isNewTurn) mapping.ledger.exchanges.writeOff(ending, count);
  }
}

function link(work: Work, session: Session, piece: number): void {
  const { pieces } = work;
  pieces.turn[piece] = session.turn;
  pieces.references[piece] = session.liveCopies;
  if (session.tail !== NONE) pieces.next[session.tail] = piece;
  session.tail = piece;
  session.bytesHeld += pieces.lengthBytes[piece]!;
  for (const copy of session.copies) {
    if (!isLive(copy)) continue;
    if (copy.headPiece === NONE) copy.headPiece = piece;
    if (copy.nextPiece === NONE) copy.nextPiece = piece;
  }
}

/** The gap has closed (or moved): what is in order now joins the stream, or goes by while no copy needs it. */
function drainEarly(work: Work, session: Session, capturedAtUs: number): void {
  const { pieces } = work;
  while (session.early !== NONE && seqDiff(session.clientNext, pieces.seq[session.early]!) >= 0) {
    let piece = session.early;
    session.early = pieces.nextSegment[piece]!;
    while (piece !== NONE) {
      const next = pieces.next[piece]!;
      const lengthBytes = pieces.lengthBytes[piece]!;
      const knownBytes = seqDiff(session.clientNext, pieces.seq[piece]!);
      session.earlyBytes -= lengthBytes;
      if (knownBytes >= lengthBytes) pieces.free(piece);
      else {
        if (knownBytes > 0) pieces.trimFront(piece, knownBytes);
        pieces.next[piece] = NONE;
        startTurnIfAnswered(session, pieces.clientAck[piece]!);
        session.isPushed = pieces.push[piece] === 1;
        const isWanted = session.liveCopies > 0;
        if (isWanted) link(work, session, piece);
        advance(session, lengthBytes - knownBytes);
        work.listener.hearClient(session, pieces.at[piece]!, pieces.lengthBytes[piece]!, session.clientNext, 0, capturedAtUs);
        if (!isWanted) pieces.free(piece);
      }
      piece = next;
    }
  }
}
