// What a PostgreSQL server says: one response ends with ReadyForQuery, whatever came before it.
import type { ResponseEvents, ResponseReader } from '../contract.ts';
import { Kinds } from '../kinds.ts';
import { isDigit, isLetter, Name } from '../name.ts';

const MOST_MESSAGE_BYTES = 2 ** 30;

/** Messages of a server and, behind the space, those that come without being asked for. */
const ANSWERS = 'RKZTDCEI123nstGHcdVv';
const UNASKED = 'ANS';
const isAnswer = new Uint8Array(256);
const isUnasked = new Uint8Array(256);
for (const letter of ANSWERS) isAnswer[letter.charCodeAt(0)] = 1;
for (const letter of UNASKED) isUnasked[letter.charCodeAt(0)] = 1;

const READY_FOR_QUERY = 0x5a;
const ERROR_RESPONSE = 0x45;
const ACCEPTED = 0x53;
const REFUSED = 0x4e;
const GSS_ACCEPTED = 0x47;

const TYPE = 0;
const LENGTH = 1;
const BODY = 2;
const LOST = 3;

/** Of an ErrorResponse: fields of a type and a text each; `C` is the SQLSTATE. */
const NO_FIELD = 0;
const FIELD_TYPE = 1;
const FIELD_CODE = 2;
const FIELD_OTHER = 3;

/** SQLSTATEs of all connections: five letters and digits, some dozens in practice. */
const states = new Kinds(256);

export class PostgresResponses implements ResponseReader {
  readonly #sqlState = new Name(5);
  #state = TYPE;
  /** Nothing but answers to SSLRequest and GSSENCRequest, of one byte each, has been said. */
  #isAtStart: boolean;
  #isOpen = false;
  #isError = false;
  #isFirstError = false;
  #type = 0;
  #number = 0;
  #numberBytes = 0;
  #bodyLeftBytes = 0;
  #field = NO_FIELD;
  #lengthBytes = 0;

  constructor(isFromStart: boolean) {
    this.#isAtStart = isFromStart;
  }

  push(bytes: Uint8Array, at: number, end: number, out: ResponseEvents): void {
    while (at < end && this.#state !== LOST) {
      if (this.#state === BODY) {
        const takenBytes = Math.min(this.#bodyLeftBytes, end - at);
        for (let index = at; index < at + takenBytes && this.#field !== NO_FIELD; index++) this.#onErrorByte(bytes[index]!);
        at += takenBytes;
        this.#onBody(takenBytes, out);
      } else this.#onByte(bytes[at++]!, out);
    }
  }

  skip(lengthBytes: number, out: ResponseEvents): void {
    if (this.#state === LOST || lengthBytes === 0) return;
    if (this.#state === BODY && this.#field === NO_FIELD && lengthBytes <= this.#bodyLeftBytes) this.#onBody(lengthBytes, out);
    else this.#lose('bytes were not captured', out);
  }

  close(out: ResponseEvents): void {
    if (this.#state !== LOST && this.#isOpen && this.#isError && this.#state === TYPE) this.#end(true, out); // FATAL: no ReadyForQuery comes
    this.#state = LOST;
  }

  #onByte(byte: number, out: ResponseEvents): void {
    if (this.#state === TYPE) return this.#onType(byte, out);
    this.#lengthBytes++;
    this.#number = this.#number * 256 + byte;
    if (++this.#numberBytes < 4) return;
    if (this.#number < 4 || this.#number > MOST_MESSAGE_BYTES) return this.#lose('a message length that is none', out);
    this.#bodyLeftBytes = this.#number - 4;
    this.#state = BODY;
    if (this.#bodyLeftBytes === 0) this.#onBody(0, out);
  }

  #onType(byte: number, out: ResponseEvents): void {
    if (this.#isAtStart) {
      if (byte === ACCEPTED || byte === REFUSED || byte === GSS_ACCEPTED) return this.#onEncryptionAnswer(byte, out);
      this.#isAtStart = false;
    }
    if (isAnswer[byte] === 1) {
      if (!this.#isOpen) this.#open(out);
    } else if (isUnasked[byte] === 0) return this.#lose('not the protocol of PostgreSQL', out);
    this.#lengthBytes++;
    this.#type = byte;
    this.#number = this.#numberBytes = 0;
    this.#state = LENGTH;
    this.#field = NO_FIELD;
    if (byte !== ERROR_RESPONSE) return;
    this.#isFirstError = !this.#isError;
    this.#isError = true;
    this.#field = FIELD_TYPE;
  }

  #onEncryptionAnswer(byte: number, out: ResponseEvents): void {
    out.responseBegan();
    out.responseEnded(byte === REFUSED ? 'refused' : 'accepted', false, 1, false);
    if (byte !== REFUSED) this.#lose('encrypted from here on', out);
  }

  #open(out: ResponseEvents): void {
    this.#isOpen = true;
    this.#isError = false;
    this.#sqlState.clear();
    this.#lengthBytes = 0;
    out.responseBegan();
  }

  #onErrorByte(byte: number): void {
    if (this.#field === FIELD_TYPE) {
      this.#field = byte === 0 ? NO_FIELD : byte === 0x43 && this.#isFirstError ? FIELD_CODE : FIELD_OTHER;
    } else if (byte === 0) this.#field = FIELD_TYPE;
    else if (this.#field === FIELD_CODE && (isDigit(byte) || isLetter(byte))) this.#sqlState.add(byte);
  }

  #onBody(takenBytes: number, out: ResponseEvents): void {
    this.#lengthBytes += takenBytes;
    this.#bodyLeftBytes -= takenBytes;
    if (this.#bodyLeftBytes > 0) return;
    this.#state = TYPE;
    this.#field = NO_FIELD;
    if (!this.#isOpen) return;
    if (this.#type === READY_FOR_QUERY) this.#end(false, out);
    else if (this.#type === ERROR_RESPONSE) out.responseMayEnd();
  }

  #end(isLate: boolean, out: ResponseEvents): void {
    this.#isOpen = false;
    const { bytes, lengthBytes } = this.#sqlState;
    out.responseEnded(this.#isError ? (lengthBytes === 5 ? states.intern(bytes, 5) : 'error') : 'ok', this.#isError, this.#lengthBytes, isLate);
  }

  #lose(reason: string, out: ResponseEvents): void {
    this.#state = LOST;
    out.responsesLost(reason);
  }
}
