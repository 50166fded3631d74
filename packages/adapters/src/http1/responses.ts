// Responses of HTTP/1.1 (RFC 9112): status code and where the body ends.
import type { ResponseEvents, ResponseReader } from '../contract.ts';
import { isDigit } from '../name.ts';
import { ChunkedBody } from './chunked-body.ts';
import { HeaderLines } from './header-lines.ts';

const LF = 0x0a;
const SPACE = 0x20;
const VERSION = 'HTTP/1.';
const LONGEST_LINE_BYTES = 1 << 16;

const VERSION_AT = 0;
const MINOR = 1;
const CODE = 2;
const REASON = 3;
const HEADERS = 4;
const BODY = 5;
const CHUNKS = 6;
const UNTIL_CLOSE = 7;
const LOST = 8;

/** Status codes as text. */
const codes = Array.from({ length: 1000 }, (_, code) => String(code));

/**
 * The answer to HEAD looks like one with a body and has none. A body (or its first chunk) that begins with `HTTP/1.` is therefore taken for the next
 * response: nothing but `message/http` begins like that. One shorter than that and equal to its beginning ends when the next response begins.
 */
export class Http1Responses implements ResponseReader {
  readonly #headers = new HeaderLines();
  readonly #chunks = new ChunkedBody();
  #state = VERSION_AT;
  /** Bytes of `HTTP/1.` that were read, at the beginning of a response or of a body. */
  #matched = 0;
  #lineBytes = 0;
  #code = 0;
  #codeDigits = 0;
  #lengthBytes = 0;
  #bodyLeftBytes = 0;
  /** Nothing of the body but what could be the next response's first bytes has been read. */
  #isBodyAtStart = false;

  push(bytes: Uint8Array, at: number, end: number, out: ResponseEvents): void {
    while (at < end && this.#state !== LOST) {
      if (this.#isBodyAtStart && this.#state >= BODY) at = this.#onBodyStart(bytes[at]!, at, out);
      else if (this.#state >= HEADERS) at = this.#onBytes(bytes, at, end, out);
      else this.#onLineByte(bytes[at++]!, out);
    }
  }

  skip(lengthBytes: number, out: ResponseEvents): void {
    if (this.#state === LOST || lengthBytes === 0) return;
    if (!this.#isBodyAtStart) {
      if (this.#state === BODY && lengthBytes <= this.#bodyLeftBytes) return this.#onBody(lengthBytes, out);
      if ((this.#state === CHUNKS && this.#chunks.skip(lengthBytes)) || this.#state === UNTIL_CLOSE) {
        this.#lengthBytes += lengthBytes;
        return;
      }
    }
    this.#lose('bytes were not captured', out);
  }

  close(out: ResponseEvents): void {
    if (this.#state === UNTIL_CLOSE || (this.#state >= BODY && this.#state !== LOST && this.#isBodyAtStart)) {
      this.#lengthBytes += this.#state === BODY ? Math.min(this.#matched, this.#bodyLeftBytes) : this.#matched;
      this.#end(true, out);
    }
    this.#state = LOST;
  }

  #onLineByte(byte: number, out: ResponseEvents): void {
    if (this.#state === VERSION_AT && this.#matched === 0) this.#begin(out);
    this.#lengthBytes++;
    if (++this.#lineBytes > LONGEST_LINE_BYTES) return this.#lose('a status line that is too long', out);
    switch (this.#state) {
      case VERSION_AT:
        if (byte !== VERSION.charCodeAt(this.#matched)) return this.#lose(byte === 0x16 && this.#matched === 0 ? 'TLS' : 'not HTTP/1.1', out);
        if (++this.#matched === VERSION.length) this.#state = MINOR;
        return;
      case MINOR:
        if (byte === SPACE) {
          this.#state = CODE;
          this.#code = this.#codeDigits = 0;
        } else if (!isDigit(byte)) this.#lose('not a status line of HTTP/1.1', out);
        return;
      case CODE:
        if (!isDigit(byte)) return this.#lose('a status that is none', out);
        this.#code = this.#code * 10 + byte - 0x30;
        if (++this.#codeDigits === 3) this.#state = REASON;
        return;
      case REASON:
        if (byte !== LF) return;
        this.#headers.begin();
        this.#state = HEADERS;
    }
  }

  #begin(out: ResponseEvents): void {
    out.responseBegan();
    this.#lengthBytes = this.#lineBytes = 0;
  }

  #onBytes(bytes: Uint8Array, at: number, end: number, out: ResponseEvents): number {
    switch (this.#state) {
      case HEADERS: {
        const stoppedAt = this.#headers.read(bytes, at, end);
        this.#lengthBytes += stoppedAt - at;
        if (this.#headers.isBad) this.#lose('a head that is none', out);
        else if (this.#headers.isDone) this.#onHead(out);
        return stoppedAt;
      }
      case BODY: {
        const takenBytes = Math.min(this.#bodyLeftBytes, end - at);
        this.#onBody(takenBytes, out);
        return at + takenBytes;
      }
      case CHUNKS: {
        const stoppedAt = this.#chunks.read(bytes, at, end);
        this.#lengthBytes += stoppedAt - at;
        if (this.#chunks.isBad) this.#lose('a chunked body that is none', out);
        else if (this.#chunks.isDone) this.#end(false, out);
        return stoppedAt;
      }
      default:
        this.#lengthBytes += end - at;
        out.responseMayEnd();
        return end;
    }
  }

  #onHead(out: ResponseEvents): void {
    const code = this.#code;
    this.#matched = 0;
    if (code === 101) {
      this.#end(false, out);
      this.#lose('another protocol from here on', out);
    } else if (code < 200)
      this.#state = VERSION_AT; // in the meantime; the answer follows (RFC 9110 §15.2)
    else if (code === 204 || code === 304 || (!this.#headers.isChunked && this.#headers.contentLength === 0)) this.#end(false, out);
    else {
      this.#isBodyAtStart = true;
      if (this.#headers.isChunked) {
        this.#chunks.begin();
        this.#state = CHUNKS;
      } else if (this.#headers.contentLength > 0) {
        this.#bodyLeftBytes = this.#headers.contentLength;
        this.#state = BODY;
      } else this.#state = UNTIL_CLOSE;
      out.responseMayEnd();
    }
  }

  /** Returns where to go on: the byte is looked at again if it is the body's after all. */
  #onBodyStart(byte: number, at: number, out: ResponseEvents): number {
    if (byte === VERSION.charCodeAt(this.#matched)) {
      if (++this.#matched === VERSION.length) {
        this.#isBodyAtStart = false;
        const { length } = VERSION;
        this.#end(true, out);
        this.#begin(out);
        this.#matched = this.#lineBytes = this.#lengthBytes = length;
        this.#state = MINOR;
      }
      return at + 1;
    }
    this.#isBodyAtStart = false;
    const heldBytes = this.#matched;
    this.#matched = 0;
    if (heldBytes === 0) return at;
    if (this.#state === BODY && heldBytes >= this.#bodyLeftBytes) {
      this.#lengthBytes += this.#bodyLeftBytes;
      const isMore = heldBytes > this.#bodyLeftBytes;
      this.#end(true, out);
      if (isMore) this.#lose('not HTTP/1.1', out);
    } else if (this.#state === BODY) this.#onBody(heldBytes, out);
    else if (this.#state === UNTIL_CLOSE) {
      this.#lengthBytes += heldBytes;
      out.responseMayEnd();
    } else this.#lose('a chunked body that is none', out); // no chunk size begins with H
    return at;
  }

  #onBody(takenBytes: number, out: ResponseEvents): void {
    this.#bodyLeftBytes -= takenBytes;
    this.#lengthBytes += takenBytes;
    if (this.#bodyLeftBytes === 0) this.#end(false, out);
  }

  #end(isLate: boolean, out: ResponseEvents): void {
    this.#state = VERSION_AT;
    this.#matched = 0;
    this.#isBodyAtStart = false;
    out.responseEnded(codes[this.#code]!, this.#code >= 400, this.#lengthBytes, isLate);
  }

  #lose(reason: string, out: ResponseEvents): void {
    this.#state = LOST;
    out.responsesLost(reason);
  }
}
