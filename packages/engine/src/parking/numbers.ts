// Numbers as int32 words, one behind the other. Most are what one can expect of them, and take no word.
//
//   mask | words | mask | words | ...     two bits of a mask say of each of 16 numbers: as expected (0), an int32 (1), a double in two words (2)

const NUMBERS_OF_MASK = 16;
/** A mask, and all of its numbers doubles. */
const MOST_WORDS_OF_MASK = 1 + NUMBERS_OF_MASK * 2;
const AS_INTEGER = 1;
const AS_DOUBLE = 2;

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

export function readDouble(words: Int32Array, at: number): number {
  halves[0] = words[at]!;
  halves[1] = words[at + 1]!;
  return double[0]!;
}

export function writeDouble(words: Int32Array, at: number, value: number): void {
  double[0] = value;
  words[at] = halves[0]!;
  words[at + 1] = halves[1]!;
}

export class NumberWriter {
  words = new Int32Array(1024);
  /** Where the next word goes. */
  at = 0;
  #maskAt = 0;
  #shift = NUMBERS_OF_MASK * 2;

  /** Begin anew behind so many words. */
  restart(at: number): void {
    this.at = at;
    this.#shift = NUMBERS_OF_MASK * 2;
  }

  /** The reader must expect the same. */
  put(value: number, expected: number): void {
    if (this.#shift === NUMBERS_OF_MASK * 2) this.#beginMask();
    if (value !== expected) {
      if ((value | 0) === value) {
        this.words[this.#maskAt]! |= AS_INTEGER << this.#shift;
        this.words[this.at++] = value;
      } else {
        this.words[this.#maskAt]! |= AS_DOUBLE << this.#shift;
        writeDouble(this.words, this.at, value);
        this.at += 2;
      }
    }
    this.#shift += 2;
  }

  #beginMask(): void {
    if (this.at + MOST_WORDS_OF_MASK > this.words.length) {
      const words = new Int32Array(this.words.length * 2);
      words.set(this.words);
      this.words = words;
    }
    this.#maskAt = this.at++;
    this.words[this.#maskAt] = 0;
    this.#shift = 0;
  }
}

export class NumberReader {
  #words: Int32Array = new Int32Array(0);
  #at = 0;
  #mask = 0;
  #left = 0;

  moveTo(words: Int32Array, at: number): void {
    this.#words = words;
    this.#at = at;
    this.#left = 0;
  }

  /** The next number, written with the same expectation. */
  take(expected: number): number {
    if (this.#left === 0) {
      this.#mask = this.#words[this.#at++]!;
      this.#left = NUMBERS_OF_MASK;
    }
    const kind = this.#mask & 3;
    this.#mask >>>= 2;
    this.#left--;
    if (kind === 0) return expected;
    if (kind === AS_INTEGER) return this.#words[this.#at++]!;
    this.#at += 2;
    return readDouble(this.#words, this.#at - 2);
  }
}
