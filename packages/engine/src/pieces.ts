// The client's stream as pieces: one piece is (a part of) one captured segment, kept until every copy's target has acknowledged it.
import type { Memory } from './memory.ts';
import { CELL_BYTES, CellStore } from './store.ts';

/** No piece. */
export const NONE = -1;

/** All pieces of all sessions as a structure of arrays; a piece is an index. */
export class Pieces {
  readonly memory: Memory;
  readonly store: CellStore;
  next: Int32Array;
  /** Sequence number of the first byte, in the client's (and so the copies') sequence space. */
  seq: Int32Array;
  lengthBytes: Int32Array;
  /** Offset of the bytes in the memory. */
  at: Int32Array;
  /** The cell that holds the bytes, and the length it was taken for. */
  cellAt: Int32Array;
  cellBytes: Int32Array;
  /** Ordinal of the turn that the bytes belong to. */
  turn: Int32Array;
  /** Copies that have not had them acknowledged yet. */
  references: Int32Array;
  /** 1 if the client pushed after this piece (PSH, RFC 9293 §3.9.1). */
  push: Uint8Array;
  /** 1 if a request of the client begins with this piece: a copy may begin here. */
  begins: Uint8Array;
  /** The highest acknowledgement the client had sent with these bytes: what it had seen of the online server. */
  clientAck: Int32Array;
  /** When it was said, ms of the engine's clock. */
  saidAtMs: Float64Array;
  /** Beyond a gap, on the first piece of a segment: where that segment ends, and the first piece of the next segment. */
  segmentEnd: Int32Array;
  nextSegment: Int32Array;
  /** Pieces in use. */
  used = 0;
  #free = NONE;
  #unused = 0;

  constructor(memory: Memory, storeAt: number, storeBytes: number, capacity = 4096) {
    this.memory = memory;
    this.store = new CellStore(memory, storeAt, storeBytes);
    this.next = new Int32Array(capacity);
    this.seq = new Int32Array(capacity);
    this.lengthBytes = new Int32Array(capacity);
    this.at = new Int32Array(capacity);
    this.cellAt = new Int32Array(capacity);
    this.cellBytes = new Int32Array(capacity);
    this.turn = new Int32Array(capacity);
    this.references = new Int32Array(capacity);
    this.push = new Uint8Array(capacity);
    this.begins = new Uint8Array(capacity);
    this.clientAck = new Int32Array(capacity);
    this.saidAtMs = new Float64Array(capacity);
    this.segmentEnd = new Int32Array(capacity);
    this.nextSegment = new Int32Array(capacity);
  }

  /** Copy `lengthBytes` (1 to CELL_BYTES) from `fromAt` of the memory into a new piece. NONE when the store is full. */
  add(seq: number, fromAt: number, lengthBytes: number, clientAck: number, push: boolean, saidAtMs: number): number {
    const at = this.store.take(lengthBytes);
    if (at < 0) return NONE;
    this.memory.bytes.copyWithin(at, fromAt, fromAt + lengthBytes);
    let piece = this.#free;
    if (piece !== NONE) this.#free = this.next[piece]!;
    else {
      if (this.#unused === this.next.length) this.#grow();
      piece = this.#unused++;
    }
    this.next[piece] = NONE;
    this.seq[piece] = seq;
    this.lengthBytes[piece] = lengthBytes;
    this.at[piece] = at;
    this.cellAt[piece] = at;
    this.cellBytes[piece] = lengthBytes;
    this.turn[piece] = 0;
    this.references[piece] = 0;
    this.push[piece] = push ? 1 : 0;
    this.begins[piece] = 0;
    this.clientAck[piece] = clientAck;
    this.saidAtMs[piece] = saidAtMs;
    this.used++;
    return piece;
  }

  endSeq(piece: number): number {
    return (this.seq[piece]! + this.lengthBytes[piece]!) | 0;
  }

  /** One copy needs the piece no more; the last one frees it. Returns the piece after it. */
  release(piece: number): number {
    const next = this.next[piece]!;
    if (--this.references[piece]! <= 0) this.free(piece);
    return next;
  }

  free(piece: number): void {
    this.store.give(this.cellAt[piece]!, this.cellBytes[piece]!);
    this.next[piece] = this.#free;
    this.#free = piece;
    this.used--;
  }

  /** Drop the first `countBytes` bytes, which came before under another piece. */
  trimFront(piece: number, countBytes: number): void {
    this.at[piece]! += countBytes;
    this.lengthBytes[piece]! -= countBytes;
    this.seq[piece] = (this.seq[piece]! + countBytes) | 0;
  }

  #grow(): void {
    const grow = <A extends Int32Array | Uint8Array | Float64Array>(old: A): A => {
      const bigger = new (old.constructor as new (length: number) => A)(old.length * 2);
      bigger.set(old);
      return bigger;
    };
    this.next = grow(this.next);
    this.seq = grow(this.seq);
    this.lengthBytes = grow(this.lengthBytes);
    this.at = grow(this.at);
    this.cellAt = grow(this.cellAt);
    this.cellBytes = grow(this.cellBytes);
    this.turn = grow(this.turn);
    this.references = grow(this.references);
    this.push = grow(this.push);
    this.begins = grow(this.begins);
    this.clientAck = grow(this.clientAck);
    this.saidAtMs = grow(this.saidAtMs);
    this.segmentEnd = grow(this.segmentEnd);
    this.nextSegment = grow(this.nextSegment);
  }
}

export { CELL_BYTES };
