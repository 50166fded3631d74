// The client's byte stream, put together as Linux does it, and handed to the copies in pieces.
import { seqDiff } from '@parallax/wire';
import { isLive } from '../copy/end.ts';
import { CELL_BYTES, NONE } from '../pieces.ts';
import type { Work } from '../work.ts';
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
  if (knownBytes >= lengthBytes) return 'old';
  if (knownBytes < 0) return receiveEarly(work, session, seq, at, lengthBytes, ack, isPushed, capturedAtUs);
  if (!append(work, session, at + knownBytes, lengthBytes - knownBytes, ack, isPushed, capturedAtUs)) return 'full';
  if (session.early !== NONE && !drainEarly(work, session)) return 'full';
  return 'moved';
}

/** New bytes in order: cut to pieces that fit one segment each, and known to every live copy. False when the store is full. */
function append(work: Work, session: Session, at: number, lengthBytes: number, ack: number, isPushed: boolean, capturedAtUs: number): boolean {
  startTurnIfAnswered(session, ack);
  let doneBytes = 0;
  while (doneBytes < lengthBytes) {
    const pieceBytes = Math.min(lengthBytes - doneBytes, session.pieceBytes, CELL_BYTES);
    if (session.liveCopies > 0) {
      const isLast = doneBytes + pieceBytes === lengthBytes;
      const piece = work.pieces.add(session.clientNext, at + doneBytes, pieceBytes, ack, isPushed && isLast, capturedAtUs);
      if (piece === NONE) return false;
      link(work, session, piece);
    }
    advance(session, pieceBytes);
    doneBytes += pieceBytes;
  }
  session.requestAtUs = capturedAtUs;
  session.isAwaitingOnline = true;
  return session.bytesHeld <= work.limits.sessionBytes;
}

/** The client saw more of the online server's answer before it said this: a new turn. */
function startTurnIfAnswered(session: Session, ack: number): void {
  if (!session.hasTurnAck) {
    session.hasTurnAck = true;
    session.turnAck = ack;
  } else if (seqDiff(ack, session.turnAck) > 0) {
    session.turn++;
    session.turnAck = ack;
  }
}

function advance(session: Session, lengthBytes: number): void {
  session.clientNext = (session.clientNext + lengthBytes) | 0;
  session.bytesFromClient += lengthBytes;
  for (const copy of session.copies) {
    copy.mapping.ledger.bytesCaptured += lengthBytes;
    if (isLive(copy)) copy.bytesAsked += lengthBytes;
    else copy.mapping.ledger.bytesLost += lengthBytes;
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

/** Beyond a gap: keep by sequence number. As in Linux's tcp_data_queue_ofo, bytes that a kept segment has already win over a later one's, unless the later one covers it whole. */
function receiveEarly(
  work: Work,
  session: Session,
  seq: number,
  at: number,
  lengthBytes: number,
  ack: number,
  isPushed: boolean,
  capturedAtUs: number,
): StreamOutcome {
  if (seqDiff(seq, session.clientNext) + lengthBytes > work.limits.gapBytes || session.liveCopies === 0) return 'early';
  const { pieces } = work;
  let doneBytes = 0;
  while (doneBytes < lengthBytes) {
    const pieceBytes = Math.min(lengthBytes - doneBytes, session.pieceBytes, CELL_BYTES);
    const isLast = doneBytes + pieceBytes === lengthBytes;
    const piece = pieces.add((seq + doneBytes) | 0, at + doneBytes, pieceBytes, ack, isPushed && isLast, capturedAtUs);
    if (piece === NONE) return 'full';
    insertEarly(work, session, piece);
    doneBytes += pieceBytes;
  }
  return 'early';
}

function insertEarly(work: Work, session: Session, piece: number): void {
  const { pieces } = work;
  const seq = pieces.seq[piece]!;
  const end = pieces.endSeq(piece);
  let before = NONE;
  let after = session.early;
  while (after !== NONE && seqDiff(pieces.seq[after]!, seq) < 0) {
    if (seqDiff(pieces.endSeq(after), end) >= 0) return pieces.free(piece); // all of it is known
    before = after;
    after = pieces.next[after]!;
  }
  if (after !== NONE && pieces.seq[after] === seq && seqDiff(pieces.endSeq(after), end) >= 0) return pieces.free(piece);
  while (after !== NONE && seqDiff(end, pieces.endSeq(after)) >= 0) {
    const covered = after;
    after = pieces.next[after]!;
    session.earlyBytes -= pieces.lengthBytes[covered]!;
    pieces.free(covered);
  }
  pieces.next[piece] = after;
  if (before === NONE) session.early = piece;
  else pieces.next[before] = piece;
  session.earlyBytes += pieces.lengthBytes[piece]!;
}

/** The gap has closed (or moved): what is in order now joins the stream. */
function drainEarly(work: Work, session: Session): boolean {
  const { pieces } = work;
  while (session.early !== NONE) {
    const piece = session.early;
    const knownBytes = seqDiff(session.clientNext, pieces.seq[piece]!);
    if (knownBytes < 0) return true;
    session.early = pieces.next[piece]!;
    session.earlyBytes -= pieces.lengthBytes[piece]!;
    if (knownBytes >= pieces.lengthBytes[piece]! || session.liveCopies === 0) {
      const newBytes = Math.max(0, pieces.lengthBytes[piece]! - knownBytes);
      if (newBytes > 0) advance(session, newBytes);
      pieces.free(piece);
      continue;
    }
    if (knownBytes > 0) pieces.trimFront(piece, knownBytes);
    pieces.next[piece] = NONE;
    startTurnIfAnswered(session, pieces.clientAck[piece]!);
    link(work, session, piece);
    advance(session, pieces.lengthBytes[piece]!);
  }
  return session.bytesHeld <= work.limits.sessionBytes;
}

/** Drop what waits beyond a gap. */
export function dropEarly(work: Work, session: Session): void {
  while (session.early !== NONE) {
    const piece = session.early;
    session.early = work.pieces.next[piece]!;
    work.pieces.free(piece);
  }
  session.earlyBytes = 0;
}
