// A path as a route: segments that name one thing out of many become `:id`. Query and fragment never get here.
import { isDigit, isHexDigit, isLetter, type Name } from '../name.ts';

const SLASH = 0x2f;
/** Deeper paths end in `/*`. */
const MOST_SEGMENTS = 8;
const LONGEST_WORD_BYTES = 40;

/** Appends a template to a name while the path is read, byte by byte. */
export class PathTemplate {
  readonly #name: Name;
  #segments = 0;
  /** Where the segment begins in the name. */
  #startAt = 0;
  #lengthBytes = 0;
  #digits = 0;
  #hexDigits = 0;
  #letters = 0;
  #dashes = 0;
  #isOdd = false;
  #isTooDeep = false;

  constructor(name: Name) {
    this.#name = name;
  }

  begin(): void {
    this.#segments = 0;
    this.#isTooDeep = false;
    this.#beginSegment();
  }

  add(byte: number): void {
    if (this.#isTooDeep) return;
    if (byte === SLASH) return this.#onSlash();
    this.#lengthBytes++;
    if (isDigit(byte)) this.#digits++;
    else if (isLetter(byte)) this.#letters++;
    else if (byte === 0x2d) this.#dashes++;
    else if (byte !== 0x2e && byte !== 0x5f) this.#isOdd = true; // . and _ belong to words, anything else (%, @, non-ASCII …) to values
    if (isHexDigit(byte)) this.#hexDigits++;
    if (this.#lengthBytes <= LONGEST_WORD_BYTES) this.#name.add(byte);
  }

  end(): void {
    if (!this.#isTooDeep) this.#endSegment();
  }

  #onSlash(): void {
    this.#endSegment();
    this.#name.add(SLASH);
    if (++this.#segments > MOST_SEGMENTS) {
      this.#name.add(0x2a);
      this.#isTooDeep = true;
    } else this.#beginSegment();
  }

  #beginSegment(): void {
    this.#startAt = this.#name.lengthBytes;
    this.#lengthBytes = this.#digits = this.#hexDigits = this.#letters = this.#dashes = 0;
    this.#isOdd = false;
  }

  #endSegment(): void {
    if (!this.#isValue()) return;
    this.#name.truncate(this.#startAt);
    this.#name.addText(':id');
  }

  #isValue(): boolean {
    const length = this.#lengthBytes;
    if (this.#isOdd || length > LONGEST_WORD_BYTES || this.#name.isCut) return true;
    if (this.#digits === 0) return false;
    if (this.#letters === 0 || this.#digits >= 3) return true; // 42, 2026-11-24; item123, tok_9f3a71
    return length >= 8 && this.#hexDigits + this.#dashes === length; // deadbee1, UUIDs
  }
}
