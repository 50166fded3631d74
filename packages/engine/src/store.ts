// Room for the clients' bytes in the shared memory: three sizes of cell, free cells chained through their own first word.
import type { Memory } from './memory.ts';

const NONE = -1;
/** A short command, or an end of one. */
const TINY_BYTES = 64;
const SMALL_BYTES = 256;
/** Longest run of bytes that one cell holds: the payload of a segment on a link with an MTU of 1500, and a multiple of the smaller cells. */
export const CELL_BYTES = 1536;

/** Cells of 64, 256 and 1536 bytes. Cells split into smaller ones stay so until the store is empty and recycled. */
export class CellStore {
  readonly #view: DataView;
  readonly #endAt: number;
  readonly #startAt: number;
  #unusedAt: number;
  #freeTiny = NONE;
  #freeSmall = NONE;
  #freeBig = NONE;
  usedBytes = 0;
  readonly capacityBytes: number;

  /** `at` and `lengthBytes` are the range of the memory that is the store's own. */
  constructor(memory: Memory, at: number, lengthBytes: number) {
    this.#view = memory.view;
    this.#startAt = this.#unusedAt = at;
    this.#endAt = at + lengthBytes;
    this.capacityBytes = lengthBytes;
  }

  /** Offset of a cell for `lengthBytes` (at most CELL_BYTES) bytes; -1 when there is no room. */
  take(lengthBytes: number): number {
    if (lengthBytes > SMALL_BYTES) return this.#takeBig();
    const isTiny = lengthBytes <= TINY_BYTES;
    let at = isTiny ? this.#freeTiny : this.#freeSmall;
    if (at === NONE) at = this.#split(isTiny ? TINY_BYTES : SMALL_BYTES);
    if (at === NONE) return NONE;
    const next = this.#view.getInt32(at);
    if (isTiny) this.#freeTiny = next;
    else this.#freeSmall = next;
    this.usedBytes += isTiny ? TINY_BYTES : SMALL_BYTES;
    return at;
  }

  /** A big cell becomes a chain of smaller ones: the first of them; -1 when there is no room. */
  #split(cellBytes: number): number {
    const big = this.#takeBig();
    if (big === NONE) return NONE;
    this.usedBytes -= CELL_BYTES;
    let next = NONE;
    for (let at = big + CELL_BYTES - cellBytes; at >= big; at -= cellBytes) next = this.#chain(at, next);
    return next;
  }

  /** Give a cell back; the same length as it was taken for. */
  give(at: number, lengthBytes: number): void {
    if (lengthBytes > SMALL_BYTES) {
      this.#freeBig = this.#chain(at, this.#freeBig);
      this.usedBytes -= CELL_BYTES;
    } else if (lengthBytes > TINY_BYTES) {
      this.#freeSmall = this.#chain(at, this.#freeSmall);
      this.usedBytes -= SMALL_BYTES;
    } else {
      this.#freeTiny = this.#chain(at, this.#freeTiny);
      this.usedBytes -= TINY_BYTES;
    }
  }

  /** Bytes from its beginning on that have been in use since the start or the last `recycle`. */
  get touchedBytes(): number {
    return this.#unusedAt - this.#startAt;
  }

  /** Begin anew if nothing is in use: afterwards the memory's content is of no interest. False if something is. */
  recycle(): boolean {
    if (this.usedBytes > 0) return false;
    this.#freeTiny = this.#freeSmall = this.#freeBig = NONE;
    this.#unusedAt = this.#startAt;
    return true;
  }

  #chain(at: number, next: number): number {
    this.#view.setInt32(at, next);
    return at;
  }

  #takeBig(): number {
    let at = this.#freeBig;
    if (at !== NONE) this.#freeBig = this.#view.getInt32(at);
    else {
      if (this.#unusedAt + CELL_BYTES > this.#endAt) return NONE;
      at = this.#unusedAt;
      this.#unusedAt += CELL_BYTES;
    }
    this.usedBytes += CELL_BYTES;
    return at;
  }
}
