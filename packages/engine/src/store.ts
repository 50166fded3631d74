// Room for the clients' bytes in the shared memory: two sizes of cell, free cells chained through their own first word.
import type { Memory } from './memory.ts';

const NONE = -1;
const SMALL_BYTES = 256;
/** Longest run of bytes that one cell holds: the payload of a segment on a link with an MTU of 1500, and six small cells. */
export const CELL_BYTES = 1536;

/** Cells of 256 and 1536 bytes. Cells split into small ones stay small until the store is empty and recycled. */
export class CellStore {
  readonly #view: DataView;
  readonly #endAt: number;
  readonly #startAt: number;
  #unusedAt: number;
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
    if (this.#freeSmall === NONE) {
      const big = this.#takeBig();
      if (big === NONE) return NONE;
      this.usedBytes -= CELL_BYTES;
      for (let at = big + CELL_BYTES - SMALL_BYTES; at >= big; at -= SMALL_BYTES) this.#freeSmall = this.#chain(at, this.#freeSmall);
    }
    const at = this.#freeSmall;
    this.#freeSmall = this.#view.getInt32(at);
    this.usedBytes += SMALL_BYTES;
    return at;
  }

  /** Give a cell back; the same length as it was taken for. */
  give(at: number, lengthBytes: number): void {
    if (lengthBytes > SMALL_BYTES) {
      this.#freeBig = this.#chain(at, this.#freeBig);
      this.usedBytes -= CELL_BYTES;
    } else {
      this.#freeSmall = this.#chain(at, this.#freeSmall);
      this.usedBytes -= SMALL_BYTES;
    }
  }

  /** Bytes from its beginning on that have been in use since the start or the last `recycle`. */
  get touchedBytes(): number {
    return this.#unusedAt - this.#startAt;
  }

  /** Begin anew if nothing is in use: afterwards the memory's content is of no interest. False if something is. */
  recycle(): boolean {
    if (this.usedBytes > 0) return false;
    this.#freeSmall = this.#freeBig = NONE;
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
