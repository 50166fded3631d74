// Replies of Redis (RESP2 and RESP3): one value is one reply, whatever is nested in it; pushes are nobody's reply.
import type { ResponseEvents, ResponseReader } from '../contract.ts';
import { Kinds } from '../kinds.ts';
import { isDigit, isLetter, Name, toUpper } from '../name.ts';

const LF = 0x0a;
const CR = 0x0d;
/** Values still to come in one reply. */
const MOST_VALUES = 2 ** 40;
const MOST_TEXT_BYTES = 512 << 20;
const LONGEST_LINE_BYTES = 1 << 16;

const START = 0;
/** A line to its end: +ok, -ERR …, :1, _, #t, ,1.5, (123 */
const LINE = 1;
/** The number behind $ = ! or behind * % ~ > | */
const LENGTH = 2;
const TEXT = 3;
const LOST = 4;

/** First words of errors, of all connections; few, and the same for every server. */
const errors = new Kinds();

export class RedisResponses implements ResponseReader {
  readonly #error = new Name(24);
  #state = START;
  #valuesLeft = 0;
  #isPush = false;
  #type = 0;
  #number = 0;
  #numberDigits = 0;
  #isNegative = false;
  #lineBytes = 0;
  #textLeftBytes = 0;
  #lengthBytes = 0;
  /** The first value is an error, or nothing. */
  #isError = false;
  #isNil = false;
  #isNamingError = false;

  push(bytes: Uint8Array, at: number, end: number, out: ResponseEvents): void {
    while (at < end && this.#state !== LOST) {
      if (this.#state === TEXT) {
        const takenBytes = Math.min(this.#textLeftBytes, end - at);
        for (let index = at; index < at + takenBytes && this.#isNamingError; index++) this.#addToError(bytes[index]!);
        at += takenBytes;
        this.#onText(takenBytes, out);
      } else this.#onByte(bytes[at++]!, out);
    }
  }

  skip(lengthBytes: number, out: ResponseEvents): void {
    if (this.#state === LOST || lengthBytes === 0) return;
    if (this.#state === TEXT && lengthBytes <= this.#textLeftBytes) this.#onText(lengthBytes, out);
    else this.#lose('bytes were not captured', out);
  }

  close(): void {
    this.#state = LOST;
  }

  #onByte(byte: number, out: ResponseEvents): void {
    if (this.#state === START) return this.#onType(byte, out);
    this.#lengthBytes++;
    if (++this.#lineBytes > LONGEST_LINE_BYTES) return this.#lose('a line that is too long', out);
    if (this.#state === LINE) {
      if (byte === LF) this.#onValueEnd(out);
      else if (this.#isNamingError) this.#addToError(byte);
    } else this.#onLengthByte(byte, out);
  }

  #onType(byte: number, out: ResponseEvents): void {
    if (this.#valuesLeft === 0) {
      this.#isPush = byte === 0x3e;
      this.#valuesLeft = 1;
      this.#lengthBytes = 0;
      this.#isError = byte === 0x2d || byte === 0x21;
      this.#isNil = byte === 0x5f;
      this.#isNamingError = this.#isError;
      this.#error.clear();
      if (!this.#isPush) out.responseBegan();
    }
    this.#lengthBytes++;
    this.#type = byte;
    this.#lineBytes = this.#number = this.#numberDigits = 0;
    this.#isNegative = false;
    switch (byte) {
      case 0x2b: // +
      case 0x2d: // -
      case 0x3a: // :
      case 0x5f: // _
      case 0x23: // #
      case 0x2c: // ,
      case 0x28: // (
        this.#state = LINE;
        return;
      case 0x24: // $
      case 0x3d: // =
      case 0x21: // !
      case 0x2a: // *
      case 0x25: // %
      case 0x7e: // ~
      case 0x3e: // >
      case 0x7c: // |
        this.#state = LENGTH;
        return;
      default:
        this.#lose(byte === 0x15 || byte === 0x16 ? 'TLS' : 'not RESP', out);
    }
  }

  #onLengthByte(byte: number, out: ResponseEvents): void {
    if (isDigit(byte) && ++this.#numberDigits <= 15) this.#number = this.#number * 10 + byte - 0x30;
    else if (byte === 0x2d && this.#numberDigits === 0) this.#isNegative = true;
    else if (byte === LF && this.#numberDigits > 0) this.#onLength(out);
    else if (byte !== CR || this.#numberDigits === 0) this.#lose('a length that is none', out); // streamed values (?) are not in use
  }

  #onLength(out: ResponseEvents): void {
    switch (this.#type) {
      case 0x24:
      case 0x3d:
      case 0x21:
        if (this.#isNegative) return this.#onNull(out);
        if (this.#number > MOST_TEXT_BYTES) return this.#lose('a value that is too long', out);
        this.#textLeftBytes = this.#number + 2;
        this.#state = TEXT;
        return;
      case 0x25:
        this.#valuesLeft += 2 * this.#number;
        break;
      case 0x7c: // attributes come before their value and are none
        this.#valuesLeft += 2 * this.#number + 1;
        break;
      default:
        if (this.#isNegative) return this.#onNull(out);
        this.#valuesLeft += this.#number;
    }
    if (this.#valuesLeft > MOST_VALUES) return this.#lose('a value that is too long', out);
    this.#onValueEnd(out);
  }

  #onNull(out: ResponseEvents): void {
    if (this.#valuesLeft === 1 && this.#lengthBytes === this.#lineBytes + 1) this.#isNil = true;
    this.#onValueEnd(out);
  }

  #onText(takenBytes: number, out: ResponseEvents): void {
    this.#textLeftBytes -= takenBytes;
    this.#lengthBytes += takenBytes;
    if (this.#textLeftBytes === 0) this.#onValueEnd(out);
  }

  #onValueEnd(out: ResponseEvents): void {
    this.#state = START;
    this.#isNamingError = false;
    if (--this.#valuesLeft > 0 || this.#isPush) return;
    const { bytes, lengthBytes } = this.#error;
    const status = this.#isError ? (lengthBytes === 0 ? 'error' : errors.intern(bytes, lengthBytes)) : this.#isNil ? 'nil' : 'ok';
    out.responseEnded(status, this.#isError, this.#lengthBytes, false);
  }

  /** The first word in capitals: ERR, WRONGTYPE, MOVED. */
  #addToError(byte: number): void {
    if (isLetter(byte)) this.#error.add(toUpper(byte));
    else this.#isNamingError = false;
  }

  #lose(reason: string, out: ResponseEvents): void {
    this.#state = LOST;
    out.responsesLost(reason);
  }
}
