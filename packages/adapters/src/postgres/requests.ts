// What a client of PostgreSQL says (protocol 3, postgresql.org/docs/current/protocol.html): one request is what one ReadyForQuery answers.
import type { RequestEvents, RequestReader } from '../contract.ts';
import { EMPTY_STATEMENT, UNKNOWN_STATEMENT, Verb } from '../sql/verb.ts';

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const MOST_STARTUP_BYTES = 10_000; // the server's own limit (MAX_STARTUP_PACKET_LENGTH)
const MOST_MESSAGE_BYTES = 2 ** 30;
/** Prepared statements whose verb is remembered, per connection; they begin anew when so many are known. */
const MOST_STATEMENTS = 256;

const TYPE = 0;
const LENGTH = 1;
const BODY = 2;
const STARTUP_LENGTH = 3;
const STARTUP_CODE = 4;
const STARTUP_BODY = 5;
const LOST = 6;

/** What of a message's body is read; the rest is counted. */
const NOTHING = 0;
const STATEMENT = 1;
const PARSE_NAME = 2;
const BIND_PORTAL = 3;
const BIND_NAME = 4;
const PROOF = 5;

/** How a message begins that answers a number of the server's: with the name of a mechanism (SASL), or as a hash (MD5). */
const PROOFS = [
  { head: Uint8Array.from('SCRAM-', (letter) => letter.charCodeAt(0)), bodyBytes: 0 },
  { head: Uint8Array.from('md5', (letter) => letter.charCodeAt(0)), bodyBytes: 36 },
];
const MOST_PROOF_BYTES = 6;

const code = (letter: string): number => letter.charCodeAt(0);
const [BIND, CLOSE, COPY_DATA, COPY_DONE, COPY_FAIL, DESCRIBE, EXECUTE, FUNCTION_CALL, FLUSH, PARSE, PASSWORD, QUERY, SYNC, TERMINATE] = Array.from(
  'BCdcfDEFHPpQSX',
  code,
) as [number, number, number, number, number, number, number, number, number, number, number, number, number, number];

/** The kind is the first statement executed: `SELECT`. Without one: `prepare` (only parsed or described), `sync`. */
export class PostgresRequests implements RequestReader {
  readonly #verb = new Verb('postgres');
  readonly #statements = new Map<number, string>();
  #state: number;
  #type = 0;
  #number = 0;
  #numberBytes = 0;
  #bodyLeftBytes = 0;
  #reading = NOTHING;
  #nameHash = 0;
  /** Messages up to a Sync are one request, which has begun. */
  #isOpen = false;
  /** Verb of the statement parsed or bound last in this request, and of the first one executed. */
  #latest: string | null = null;
  #executed: string | null = null;
  #isPreparing = false;
  /** Of an extended COPY the server read the request's Sync as copied data; the one behind the copy is the same request's. */
  #isCopyDone = false;
  /** The login was not told of yet. */
  #isLoggingIn: boolean;
  /** First bytes of its first message, and of how many the whole is. */
  readonly #proof = new Uint8Array(MOST_PROOF_BYTES);
  #proofBytes = 0;
  #proofBodyBytes = 0;

  constructor(isFromStart: boolean) {
    this.#state = isFromStart ? STARTUP_LENGTH : TYPE;
    this.#isLoggingIn = isFromStart;
  }

  push(bytes: Uint8Array, at: number, end: number, out: RequestEvents): void {
    while (at < end && this.#state !== LOST) {
      if (this.#state === BODY || this.#state === STARTUP_BODY) {
        const takenBytes = Math.min(this.#bodyLeftBytes, end - at);
        for (let index = at; index < at + takenBytes && this.#reading !== NOTHING; index++) this.#onBodyByte(bytes[index]!);
        at += takenBytes;
        this.#onBody(takenBytes, out);
      } else this.#onByte(bytes[at++]!, out);
    }
  }

  skip(lengthBytes: number, out: RequestEvents): void {
    if (this.#state === LOST || lengthBytes === 0) return;
    if (this.#state === BODY && this.#reading === NOTHING && lengthBytes <= this.#bodyLeftBytes) this.#onBody(lengthBytes, out);
    else this.#lose('bytes were not captured', out);
  }

  close(): void {}

  #onByte(byte: number, out: RequestEvents): void {
    if (this.#state === TYPE) return this.#onType(byte, out);
    if (this.#state === STARTUP_LENGTH && this.#numberBytes === 0) {
      if (byte !== 0) return this.#lose(byte === 0x16 ? 'TLS' : 'not the protocol of PostgreSQL', out);
      if (!this.#isOpen) out.requestBegan();
      this.#isOpen = true;
    }
    this.#number = this.#number * 256 + byte;
    if (++this.#numberBytes < 4) return;
    const number = this.#number;
    this.#number = this.#numberBytes = 0;
    if (this.#state === LENGTH) this.#onLength(number, out);
    else if (this.#state === STARTUP_LENGTH) {
      if (number < 8 || number > MOST_STARTUP_BYTES) return this.#lose('not the protocol of PostgreSQL', out);
      this.#bodyLeftBytes = number - 8;
      this.#state = STARTUP_CODE;
    } else this.#onStartupCode(number, out);
  }

  #onStartupCode(number: number, out: RequestEvents): void {
    if (number === SSL_REQUEST || number === GSS_REQUEST) {
      this.#state = STARTUP_LENGTH;
      this.#end(number === SSL_REQUEST ? 'SSLRequest' : 'GSSENCRequest', true, out);
    } else if (number === CANCEL_REQUEST) {
      this.#end('CancelRequest', false, out);
      this.#lose('nothing follows a CancelRequest', out);
    } else if (number >>> 16 === 3) {
      this.#state = STARTUP_BODY;
      this.#reading = NOTHING;
      if (this.#bodyLeftBytes === 0) this.#onBody(0, out);
    } else this.#lose('not version 3 of the protocol of PostgreSQL', out);
  }

  #onType(byte: number, out: RequestEvents): void {
    switch (byte) {
      case PASSWORD: // SASL, GSS and passwords go on with what the startup began
      case COPY_DATA:
      case TERMINATE:
        break;
      case COPY_DONE:
      case COPY_FAIL:
        this.#isCopyDone = true;
        break;
      case QUERY:
      case FUNCTION_CALL:
      case PARSE:
      case BIND:
      case CLOSE:
      case DESCRIBE:
      case EXECUTE:
      case FLUSH:
      case SYNC:
        if (this.#isLoggingIn) this.#onLogin(false, out);
        if (!this.#isOpen && !(byte === SYNC && this.#isCopyDone)) this.#open(out);
        this.#isCopyDone = false;
        break;
      default:
        return this.#lose(byte === 0x16 ? 'TLS' : 'not the protocol of PostgreSQL', out);
    }
    this.#type = byte;
    this.#state = LENGTH;
  }

  #open(out: RequestEvents): void {
    this.#isOpen = true;
    this.#latest = this.#executed = null;
    this.#isPreparing = false;
    out.requestBegan();
  }

  #onLength(number: number, out: RequestEvents): void {
    if (number < 4 || number > MOST_MESSAGE_BYTES) return this.#lose('a message length that is none', out);
    this.#bodyLeftBytes = number - 4;
    this.#state = BODY;
    this.#nameHash = 0;
    this.#reading = NOTHING;
    if (this.#type === QUERY) this.#beginStatement();
    else if (this.#type === PARSE) this.#reading = PARSE_NAME;
    else if (this.#type === BIND) this.#reading = BIND_PORTAL;
    else if (this.#type === PASSWORD && this.#isLoggingIn) this.#beginProof();
    if (this.#bodyLeftBytes === 0) this.#onBody(0, out);
  }

  #beginProof(): void {
    this.#reading = PROOF;
    this.#proofBytes = 0;
    this.#proofBodyBytes = this.#bodyLeftBytes;
  }

  #isProof(): boolean {
    const isHead = (head: Uint8Array) => this.#proofBytes >= head.length && head.every((byte, index) => this.#proof[index] === byte);
    return PROOFS.some(({ head, bodyBytes }) => isHead(head) && (bodyBytes === 0 || bodyBytes === this.#proofBodyBytes));
  }

  #onLogin(isBound: boolean, out: RequestEvents): void {
    this.#isLoggingIn = false;
    out.loggedIn(isBound);
  }

  #beginStatement(): void {
    this.#reading = STATEMENT;
    this.#verb.begin();
  }

  #onBodyByte(byte: number): void {
    if (this.#reading === STATEMENT) {
      if (byte === 0) this.#reading = NOTHING;
      else this.#verb.add(byte);
      if (this.#verb.isDone) this.#reading = NOTHING;
    } else if (this.#reading === PROOF) {
      this.#proof[this.#proofBytes++] = byte;
      if (this.#proofBytes === MOST_PROOF_BYTES) this.#reading = NOTHING;
    } else if (byte !== 0) {
      if (this.#reading !== BIND_PORTAL) this.#nameHash = (Math.imul(this.#nameHash, 31) + byte) | 0;
    } else if (this.#reading === BIND_PORTAL) this.#reading = BIND_NAME;
    else if (this.#reading === PARSE_NAME) this.#beginStatement();
    else this.#reading = NOTHING;
  }

  #onBody(takenBytes: number, out: RequestEvents): void {
    this.#bodyLeftBytes -= takenBytes;
    if (this.#bodyLeftBytes > 0) return;
    if (this.#state === STARTUP_BODY) {
      this.#state = TYPE;
      return this.#end('startup', true, out);
    }
    this.#state = TYPE;
    this.#onMessage(out);
  }

  #onMessage(out: RequestEvents): void {
    switch (this.#type) {
      case QUERY:
        return this.#end(this.#verb.name, true, out);
      case FUNCTION_CALL:
        return this.#end('function call', true, out);
      case PARSE:
        this.#latest = this.#verb.name;
        this.#remember(this.#latest);
        this.#isPreparing = true;
        return;
      case BIND:
        this.#latest = this.#statements.get(this.#nameHash) ?? UNKNOWN_STATEMENT;
        return;
      case DESCRIBE:
      case CLOSE:
        this.#isPreparing = true;
        return;
      case EXECUTE:
        if (this.#executed === null || this.#executed === EMPTY_STATEMENT) this.#executed = this.#latest ?? UNKNOWN_STATEMENT;
        return;
      case PASSWORD:
        if (this.#isLoggingIn) this.#onLogin(this.#isProof(), out);
        return;
      case SYNC:
        if (this.#isOpen) this.#end(this.#executed ?? (this.#isPreparing ? 'prepare' : 'sync'), true, out);
    }
  }

  #remember(verb: string): void {
    if (this.#statements.size >= MOST_STATEMENTS && !this.#statements.has(this.#nameHash)) this.#statements.clear();
    this.#statements.set(this.#nameHash, verb);
  }

  #end(kind: string, isAnswered: boolean, out: RequestEvents): void {
    this.#isOpen = false;
    out.requestEnded(kind, isAnswered);
  }

  #lose(reason: string, out: RequestEvents): void {
    this.#state = LOST;
    this.#statements.clear();
    out.requestsLost(reason);
  }
}
