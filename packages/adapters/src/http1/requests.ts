// Requests of HTTP/1.1 (RFC 9112): method and route of the target.
import type { RequestEvents, RequestReader } from '../contract.ts';
import type { Kinds } from '../kinds.ts';
import { Name } from '../name.ts';
import { ChunkedBody } from './chunked-body.ts';
import { HeaderLines } from './header-lines.ts';
import { PathTemplate } from './path-template.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const SLASH = 0x2f;
const LONGEST_METHOD_BYTES = 16;
const LONGEST_LINE_BYTES = 1 << 16;
const VERSION = 'HTTP/1.';
const CONNECT = 'CONNECT';

const START = 0;
const METHOD = 1;
const TARGET = 2;
/** In `http://host/path`, before the path. */
const AUTHORITY = 3;
const PATH = 4;
const QUERY = 5;
const VERSION_AT = 6;
const VERSION_END = 7;
const HEADERS = 8;
const BODY = 9;
const CHUNKS = 10;
const LOST = 11;

export class Http1Requests implements RequestReader {
  readonly #kinds: Kinds;
  readonly #name = new Name();
  readonly #path = new PathTemplate(this.#name);
  readonly #headers = new HeaderLines();
  readonly #chunks = new ChunkedBody();
  #state = START;
  #lineBytes = 0;
  #matched = 0;
  #slashes = 0;
  #bodyLeftBytes = 0;
  #kind = '';
  #isConnect = false;

  constructor(kinds: Kinds) {
    this.#kinds = kinds;
  }

  push(bytes: Uint8Array, at: number, end: number, out: RequestEvents): void {
    while (at < end && this.#state !== LOST) {
      switch (this.#state) {
        case HEADERS:
          at = this.#headers.read(bytes, at, end);
          if (this.#headers.isBad) this.#lose('a head that is none', out);
          else if (this.#headers.isDone) this.#onHead(out);
          break;
        case BODY: {
          const takenBytes = Math.min(this.#bodyLeftBytes, end - at);
          at += takenBytes;
          this.#onBody(takenBytes, out);
          break;
        }
        case CHUNKS:
          at = this.#chunks.read(bytes, at, end);
          if (this.#chunks.isBad) this.#lose('a chunked body that is none', out);
          else if (this.#chunks.isDone) this.#end(out);
          break;
        default:
          this.#onLineByte(bytes[at++]!, out);
      }
    }
  }

  skip(lengthBytes: number, out: RequestEvents): void {
    if (this.#state === LOST || lengthBytes === 0) return;
    if (this.#state === BODY && lengthBytes <= this.#bodyLeftBytes) return this.#onBody(lengthBytes, out);
    if (this.#state === CHUNKS && this.#chunks.skip(lengthBytes)) return;
    this.#lose('bytes were not captured', out);
  }

  close(): void {}

  #onLineByte(byte: number, out: RequestEvents): void {
    if (this.#state === START) {
      if (byte === CR || byte === LF) return; // RFC 9112 §2.2
      out.requestBegan();
      this.#state = METHOD;
      this.#name.clear();
      this.#lineBytes = this.#matched = 0;
    }
    if (++this.#lineBytes > LONGEST_LINE_BYTES) return this.#lose('a request line that is too long', out);
    if (byte === LF && this.#state !== VERSION_END) return this.#lose('not a request line of HTTP/1.1', out);
    switch (this.#state) {
      case METHOD:
        return this.#onMethodByte(byte, out);
      case TARGET:
        return this.#onTargetStart(byte);
      case AUTHORITY:
        if (byte === SPACE) this.#state = VERSION_AT;
        else if (byte === SLASH && ++this.#slashes === 3) this.#beginPath(byte);
        return;
      case PATH:
        if (byte === SPACE || byte === 0x3f || byte === 0x23) {
          this.#path.end();
          this.#state = byte === SPACE ? VERSION_AT : QUERY;
        } else this.#path.add(byte);
        return;
      case QUERY:
        if (byte === SPACE) this.#state = VERSION_AT;
        return;
      case VERSION_AT:
        if (byte !== VERSION.charCodeAt(this.#matched++)) return this.#lose('not a request line of HTTP/1.1', out);
        if (this.#matched === VERSION.length) this.#state = VERSION_END;
        return;
      case VERSION_END:
        if (byte !== LF) return;
        this.#kind = this.#kinds.intern(this.#name.bytes, this.#nameBytes());
        this.#headers.begin();
        this.#state = HEADERS;
    }
  }

  #onMethodByte(byte: number, out: RequestEvents): void {
    if (byte === SPACE && this.#lineBytes > 1) {
      this.#isConnect = this.#name.is(CONNECT);
      this.#name.add(SPACE);
      this.#slashes = 0;
      this.#state = TARGET;
    } else if (((byte < 0x41 || byte > 0x5a) && byte !== 0x2d) || this.#lineBytes > LONGEST_METHOD_BYTES) {
      this.#lose(this.#lineBytes === 1 && byte === 0x16 ? 'TLS' : 'not HTTP/1.1', out);
    } else this.#name.add(byte);
  }

  #onTargetStart(byte: number): void {
    if (byte === SLASH) return this.#beginPath(byte);
    this.#state = AUTHORITY; // also of CONNECT, and the asterisk of OPTIONS (RFC 9112 §3.2)
    if (byte === 0x2a) this.#name.add(byte);
  }

  #beginPath(byte: number): void {
    this.#path.begin();
    this.#path.add(byte);
    this.#state = PATH;
  }

  /** Without the space behind a method whose target has no path. */
  #nameBytes(): number {
    const { bytes, lengthBytes } = this.#name;
    return bytes[lengthBytes - 1] === SPACE ? lengthBytes - 1 : lengthBytes;
  }

  #onHead(out: RequestEvents): void {
    if (this.#headers.isChunked) {
      this.#chunks.begin();
      this.#state = CHUNKS;
    } else {
      this.#bodyLeftBytes = Math.max(0, this.#headers.contentLength);
      this.#state = BODY;
      if (this.#bodyLeftBytes === 0) this.#end(out);
    }
  }

  #onBody(takenBytes: number, out: RequestEvents): void {
    this.#bodyLeftBytes -= takenBytes;
    if (this.#bodyLeftBytes === 0) this.#end(out);
  }

  #end(out: RequestEvents): void {
    this.#state = START;
    out.requestEnded(this.#kind, true);
    if (this.#isConnect) this.#lose('a tunnel', out);
  }

  #lose(reason: string, out: RequestEvents): void {
    this.#state = LOST;
    out.requestsLost(reason);
  }
}
