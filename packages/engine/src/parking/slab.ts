// Room for records of int32 words that come and go. Chunks never move, so that growing takes no longer with size; what is given back is taken again by records of about its size.

/** A record takes a multiple of so many words. */
const UNIT_WORDS = 8;
const CHUNK_UNITS = 8192;
/** Longest record. */
export const MOST_WORDS = CHUNK_UNITS * UNIT_WORDS;
const NONE = -1;
/** A free record may be so many units longer than wanted. */
const SLACK_UNITS = 2;

/** The first word of a record is the slab's: its length in units. A free one's second word leads to the next of that length. */
export class Slab {
  readonly #chunks: Int32Array[] = [];
  /** First free record by length in units. */
  readonly #free: number[] = [];
  /** Units of the last chunk that were never used begin here. */
  #unusedAt = 0;
  /** Records in use. */
  used = 0;

  /** A record of at least so many words, its first included; at most MOST_WORDS. */
  take(words: number): number {
    const units = Math.ceil(words / UNIT_WORDS);
    this.used++;
    for (let length = units; length <= units + SLACK_UNITS; length++) {
      const record = this.#free[length] ?? NONE;
      if (record === NONE) continue;
      this.#free[length] = this.chunkOf(record)[this.startOf(record) + 1]!;
      return record;
    }
    const endAt = this.#chunks.length * CHUNK_UNITS;
    if (this.#unusedAt + units > endAt) {
      if (this.#unusedAt < endAt) this.#chain(this.#unusedAt, endAt - this.#unusedAt);
      this.#chunks.push(new Int32Array(MOST_WORDS));
      this.#unusedAt = endAt;
    }
    const record = this.#unusedAt;
    this.#unusedAt += units;
    this.chunkOf(record)[this.startOf(record)] = units;
    return record;
  }

  give(record: number): void {
    if (--this.used === 0) {
      this.#chunks.length = 1;
      this.#free.length = 0;
      this.#unusedAt = 0;
    } else this.#chain(record, this.chunkOf(record)[this.startOf(record)]!);
  }

  get sizeBytes(): number {
    return this.#chunks.length * MOST_WORDS * 4;
  }

  /** Where the record's words are, and from which on. */
  chunkOf(record: number): Int32Array {
    return this.#chunks[Math.floor(record / CHUNK_UNITS)]!;
  }
  startOf(record: number): number {
    return (record % CHUNK_UNITS) * UNIT_WORDS;
  }

  #chain(record: number, units: number): void {
    const chunk = this.chunkOf(record);
    const start = this.startOf(record);
    while (this.#free.length <= units) this.#free.push(NONE);
    chunk[start] = units;
    chunk[start + 1] = this.#free[units]!;
    this.#free[units] = record;
  }
}
