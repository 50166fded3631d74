// Segments beyond a gap, by sequence number, with the overlap rules of Linux's tcp_data_queue_ofo.
import { seqDiff } from '@parallax/wire';
import { CELL_BYTES, NONE, type Pieces } from '../pieces.ts';
import type { Work } from '../work.ts';
import type { Session } from './session.ts';

/**
 * Keep a segment that lies beyond a gap. What a kept segment holds already wins over a later one's bytes, unless the later one starts
 * no later and covers it whole; of two that overlap in part, the one that starts first wins. False when the store is full.
 */
export function insertEarly(work: Work, session: Session, seq: number, at: number, lengthBytes: number, ack: number, isPushed: boolean): boolean {
  const { pieces } = work;
  const end = (seq + lengthBytes) | 0;
  let before = NONE;
  let after = session.early;
  while (after !== NONE && seqDiff(pieces.seq[after]!, seq) < 0) {
    if (seqDiff(pieces.segmentEnd[after]!, end) >= 0) return true; // all of it is known
    before = after;
    after = pieces.nextSegment[after]!;
  }
  if (after !== NONE && pieces.seq[after] === seq && seqDiff(pieces.segmentEnd[after]!, end) >= 0) return true;
  const first = cut(work, session, seq, at, lengthBytes, ack, isPushed);
  if (first === NONE) return false;
  while (after !== NONE && seqDiff(end, pieces.segmentEnd[after]!) >= 0) {
    const covered = after;
    after = pieces.nextSegment[after]!;
    session.earlyBytes -= freeSegment(pieces, covered);
  }
  pieces.segmentEnd[first] = end;
  pieces.nextSegment[first] = after;
  if (before === NONE) session.early = first;
  else pieces.nextSegment[before] = first;
  session.earlyBytes += lengthBytes;
  return true;
}

/** The segment as a chain of pieces; NONE when there is no room for all of it. */
function cut(work: Work, session: Session, seq: number, at: number, lengthBytes: number, ack: number, isPushed: boolean): number {
  const { pieces } = work;
  let first = NONE;
  let last = NONE;
  for (let doneBytes = 0; doneBytes < lengthBytes; ) {
    const pieceBytes = Math.min(lengthBytes - doneBytes, session.pieceBytes, CELL_BYTES);
    const isPushedHere = isPushed && doneBytes + pieceBytes === lengthBytes;
    const piece = pieces.add((seq + doneBytes) | 0, at + doneBytes, pieceBytes, ack, isPushedHere, work.nowMs);
    if (piece === NONE) {
      if (first !== NONE) freeSegment(pieces, first);
      return NONE;
    }
    if (first === NONE) first = piece;
    else pieces.next[last] = piece;
    last = piece;
    doneBytes += pieceBytes;
  }
  return first;
}

/** Returns the bytes that were freed. */
function freeSegment(pieces: Pieces, first: number): number {
  let bytes = 0;
  for (let piece = first; piece !== NONE; ) {
    const next = pieces.next[piece]!;
    bytes += pieces.lengthBytes[piece]!;
    pieces.free(piece);
    piece = next;
  }
  return bytes;
}

/** Drop what waits beyond a gap. */
export function dropEarly(work: Work, session: Session): void {
  while (session.early !== NONE) {
    const first = session.early;
    session.early = work.pieces.nextSegment[first]!;
    freeSegment(work.pieces, first);
  }
  session.earlyBytes = 0;
}
