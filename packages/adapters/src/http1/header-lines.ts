// The header lines of a message (RFC 9112 §5), of which two matter: how long the body is.
import { isDigit } from '../name.ts';

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
/** A head longer than this is none. */
export const MOST_HEAD_BYTES = 1 << 20;

const LENGTH_NAME = 'content-length';
const CODING_NAME = 'transfer-encoding';
const CHUNKED = 'chunked';

const LINE_START = 0;
const LINE_NAME = 1;
const LINE_LENGTH = 2;
const LINE_CODING = 3;
const LINE_OTHER = 4;

/** Reads up to and with the empty line that ends them. */
export class HeaderLines {
  /** Of the body; -1 if not said. */
  contentLength = -1;
  isChunked = false;
  isDone = false;
  /** Lengths that contradict each other or are none: where the message ends nobody can say. */
  isBad = false;
  #state = LINE_START;
  #headBytes = 0;
  /** Bytes of the line's name that were read, and which of the two names they still can be. */
  #nameBytes = 0;
  #canBeLength = false;
  #canBeCoding = false;
  #value = -1;
  #isValueDone = false;
  #chunkedBytes = 0;

  begin(): void {
    this.contentLength = -1;
    this.isChunked = this.isDone = this.isBad = false;
    this.#state = LINE_START;
    this.#headBytes = 0;
  }

  /** Read bytes [at, end); returns where it stopped: behind the head, or at `end`. */
  read(bytes: Uint8Array, at: number, end: number): number {
    const startAt = at;
    while (at < end && !this.isDone && !this.isBad) {
      const byte = bytes[at++]!;
      if (byte === LF) this.#onLineEnd();
      else if (byte !== CR) this.#onByte(byte);
    }
    this.#headBytes += at - startAt;
    if (this.#headBytes > MOST_HEAD_BYTES) this.isBad = true;
    return at;
  }

  #onByte(byte: number): void {
    switch (this.#state) {
      case LINE_OTHER:
        return;
      case LINE_START:
        this.#state = LINE_NAME;
        this.#nameBytes = 0;
        this.#canBeLength = this.#canBeCoding = true;
        return this.#onNameByte(byte);
      case LINE_NAME:
        return this.#onNameByte(byte);
      case LINE_LENGTH:
        return this.#onLengthByte(byte);
      case LINE_CODING:
        return this.#onCodingByte(byte);
    }
  }

  #onNameByte(byte: number): void {
    if (byte === COLON) {
      this.#state =
        this.#canBeLength && this.#nameBytes === LENGTH_NAME.length
          ? LINE_LENGTH
          : this.#canBeCoding && this.#nameBytes === CODING_NAME.length
            ? LINE_CODING
            : LINE_OTHER;
      this.#value = -1;
      this.#isValueDone = false;
      this.#chunkedBytes = 0;
      return;
    }
    const index = this.#nameBytes++;
    const letter = byte | 0x20;
    this.#canBeLength &&= letter === LENGTH_NAME.charCodeAt(index);
    this.#canBeCoding &&= letter === CODING_NAME.charCodeAt(index);
    if (!this.#canBeLength && !this.#canBeCoding) this.#state = LINE_OTHER;
  }

  #onLengthByte(byte: number): void {
    if (isDigit(byte) && !this.#isValueDone) {
      this.#value = (this.#value < 0 ? 0 : this.#value) * 10 + byte - 0x30;
      if (this.#value > Number.MAX_SAFE_INTEGER / 16) this.isBad = true;
    } else if (byte === SPACE || byte === 0x09) this.#isValueDone = this.#value >= 0;
    else this.isBad = true;
  }

  /** `chunked` is the last coding if there is one at all (RFC 9112 §6.1). */
  #onCodingByte(byte: number): void {
    const letter = byte | 0x20;
    if (this.#chunkedBytes < CHUNKED.length) this.#chunkedBytes = letter === CHUNKED.charCodeAt(this.#chunkedBytes) ? this.#chunkedBytes + 1 : 0;
  }

  #onLineEnd(): void {
    switch (this.#state) {
      case LINE_START:
        this.isDone = true;
        return;
      case LINE_LENGTH:
        if (this.#value < 0 || (this.contentLength >= 0 && this.contentLength !== this.#value)) this.isBad = true;
        this.contentLength = this.#value;
        break;
      case LINE_CODING:
        this.isChunked ||= this.#chunkedBytes === CHUNKED.length;
        break;
    }
    this.#state = LINE_START;
  }
}
