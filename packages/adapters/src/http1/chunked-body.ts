// The chunked transfer coding (RFC 9112 §7.1): sizes are read, data are counted.
import { isDigit } from '../name.ts';
import { MOST_HEAD_BYTES } from './header-lines.ts';

const LF = 0x0a;
const CR = 0x0d;

const SIZE = 0;
const EXTENSION = 1;
const DATA = 2;
const DATA_END = 3;
const TRAILER_START = 4;
const TRAILER = 5;

export class ChunkedBody {
  isDone = false;
  isBad = false;
  #state = SIZE;
  #sizeDigits = 0;
  #leftBytes = 0;
  #trailerBytes = 0;

  begin(): void {
    this.isDone = this.isBad = false;
    this.#state = SIZE;
    this.#sizeDigits = this.#leftBytes = this.#trailerBytes = 0;
  }

  /** Nothing of it has been read. */
  get isAtStart(): boolean {
    return this.#state === SIZE && this.#sizeDigits === 0 && this.#leftBytes === 0;
  }

  /** Read bytes [at, end); returns where it stopped: behind the body, or at `end`. */
  read(bytes: Uint8Array, at: number, end: number): number {
    while (at < end && !this.isDone && !this.isBad) {
      if (this.#state === DATA) {
        const takenBytes = Math.min(this.#leftBytes, end - at);
        at += takenBytes;
        this.#leftBytes -= takenBytes;
        if (this.#leftBytes === 0) this.#state = DATA_END;
      } else this.#onByte(bytes[at++]!);
    }
    return at;
  }

  /** Bytes that were not seen: true if they were data. */
  skip(lengthBytes: number): boolean {
    if (this.#state !== DATA || lengthBytes > this.#leftBytes) return false;
    this.#leftBytes -= lengthBytes;
    if (this.#leftBytes === 0) this.#state = DATA_END;
    return true;
  }

  #onByte(byte: number): void {
    switch (this.#state) {
      case SIZE:
        return this.#onSizeByte(byte);
      case EXTENSION:
        if (byte === LF) this.#onSizeEnd();
        return;
      case DATA_END:
        if (byte === LF) {
          this.#state = SIZE;
          this.#sizeDigits = 0;
        } else if (byte !== CR) this.isBad = true;
        return;
      default:
        if (++this.#trailerBytes > MOST_HEAD_BYTES) this.isBad = true;
        if (byte === LF) {
          if (this.#state === TRAILER_START) this.isDone = true;
          this.#state = TRAILER_START;
        } else if (byte !== CR) this.#state = TRAILER;
    }
  }

  #onSizeByte(byte: number): void {
    const letter = byte | 0x20;
    const digit = isDigit(byte) ? byte - 0x30 : letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
    if (digit >= 0) {
      if (this.#sizeDigits === 0) this.#leftBytes = 0;
      if (++this.#sizeDigits > 12) this.isBad = true;
      else this.#leftBytes = this.#leftBytes * 16 + digit;
    } else if (this.#sizeDigits === 0) this.isBad = true;
    else if (byte === LF) this.#onSizeEnd();
    else if (byte === 0x3b || byte === 0x20 || byte === 0x09 || byte === CR) this.#state = EXTENSION;
    else this.isBad = true;
  }

  #onSizeEnd(): void {
    this.#state = this.#leftBytes === 0 ? TRAILER_START : DATA;
  }
}
