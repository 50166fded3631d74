// Replies of memcached's text protocol: a line, or lines and values up to END.
import type { ResponseEvents, ResponseReader } from '../contract.ts';
import { kindsOf } from '../kinds.ts';
import { isDigit, isLetter, Name } from '../name.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const EQUALS = 0x3d;
const LONGEST_LINE_BYTES = 1 << 16;
const MOST_VALUE_BYTES = 2 ** 30;

/** First words of replies that are worth telling apart; the others are `ok`. */
const statuses = kindsOf('ERROR CLIENT_ERROR SERVER_ERROR STORED NOT_STORED EXISTS NOT_FOUND DELETED TOUCHED EN NF NS EX'.split(' '));
const errors = new Set(['ERROR', 'CLIENT_ERROR', 'SERVER_ERROR']);
/** Lines that more lines follow, up to END. */
const parts = kindsOf('VALUE STAT ITEM'.split(' '));

const START = 0;
const WORD = 1;
const LINE = 2;
const VALUE = 3;
const LOST = 4;

/** `ok` for a hit or a plain reply, `miss` for a get that found nothing, otherwise the reply's first word. */
export class MemcachedResponses implements ResponseReader {
  readonly #word = new Name(16);
  #state = START;
  #isOpen = false;
  #hasParts = false;
  #isPart = false;
  #status = 'ok';
  #lineBytes = 0;
  /** Of VALUE the fourth word is a length, of VA the second. */
  #wordIndex = 0;
  #lengthAt = -1;
  #isBetweenWords = false;
  #valueBytes = 0;
  #valueDigits = 0;
  #leftBytes = 0;
  #lengthBytes = 0;

  push(bytes: Uint8Array, at: number, end: number, out: ResponseEvents): void {
    while (at < end && this.#state !== LOST) {
      if (this.#state === VALUE) {
        const takenBytes = Math.min(this.#leftBytes, end - at);
        at += takenBytes;
        this.#onValue(takenBytes, out);
      } else this.#onLineByte(bytes[at++]!, out);
    }
  }

  skip(lengthBytes: number, out: ResponseEvents): void {
    if (this.#state === LOST || lengthBytes === 0) return;
    if (this.#state === VALUE && lengthBytes <= this.#leftBytes) this.#onValue(lengthBytes, out);
    else this.#lose('bytes were not captured', out);
  }

  close(): void {
    this.#state = LOST;
  }

  #onLineByte(byte: number, out: ResponseEvents): void {
    if (this.#state === START && !this.#beginLine(byte, out)) return;
    this.#lengthBytes++;
    if (++this.#lineBytes > LONGEST_LINE_BYTES) return this.#lose('a line that is too long', out);
    if (this.#state === WORD) {
      if (byte === SPACE || byte === CR || byte === LF || byte === EQUALS) this.#onWord(byte);
      else this.#word.add(byte);
    } else if (byte === SPACE) this.#isBetweenWords = true;
    else {
      if (this.#isBetweenWords) this.#wordIndex++;
      this.#isBetweenWords = false;
      if (this.#wordIndex === this.#lengthAt && isDigit(byte) && ++this.#valueDigits <= 10) this.#valueBytes = this.#valueBytes * 10 + byte - 0x30;
    }
    if (byte === LF) this.#onLineEnd(out);
  }

  #beginLine(byte: number, out: ResponseEvents): boolean {
    if (!isLetter(byte) && !(isDigit(byte) && !this.#hasParts)) {
      this.#lose(byte === 0x81 ? 'the binary protocol' : byte === 0x16 ? 'TLS' : 'not a reply of memcached', out);
      return false;
    }
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#hasParts = false;
      this.#lengthBytes = 0;
      this.#status = 'ok';
      out.responseBegan();
    }
    this.#state = WORD;
    this.#word.clear();
    this.#lineBytes = this.#wordIndex = this.#valueBytes = this.#valueDigits = 0;
    this.#lengthAt = -1;
    this.#isBetweenWords = true;
    this.#isPart = false;
    return true;
  }

  #onWord(byte: number): void {
    const { bytes, lengthBytes } = this.#word;
    this.#state = LINE;
    this.#isPart = byte === EQUALS || parts.find(bytes, lengthBytes) !== null; // key=… of `lru_crawler metadump`
    if (this.#word.is('VALUE')) this.#lengthAt = 3;
    else if (this.#word.is('VA')) this.#lengthAt = 1;
    else if (this.#word.is('END')) this.#status = this.#hasParts ? 'ok' : 'miss';
    else if (!this.#isPart) this.#status = statuses.find(bytes, lengthBytes) ?? 'ok';
  }

  #onLineEnd(out: ResponseEvents): void {
    this.#hasParts ||= this.#isPart;
    this.#state = START;
    if (this.#lengthAt >= 0) {
      if (this.#valueDigits === 0 || this.#valueBytes > MOST_VALUE_BYTES) return this.#lose('a value without a length', out);
      this.#leftBytes = this.#valueBytes + 2;
      this.#state = VALUE;
    } else if (!this.#isPart) this.#end(out);
  }

  #onValue(takenBytes: number, out: ResponseEvents): void {
    this.#leftBytes -= takenBytes;
    this.#lengthBytes += takenBytes;
    if (this.#leftBytes > 0) return;
    this.#state = START;
    if (!this.#isPart) this.#end(out); // VA
  }

  #end(out: ResponseEvents): void {
    this.#isOpen = this.#hasParts = false;
    out.responseEnded(this.#status, errors.has(this.#status), this.#lengthBytes, false);
  }

  #lose(reason: string, out: ResponseEvents): void {
    this.#state = LOST;
    out.responsesLost(reason);
  }
}
