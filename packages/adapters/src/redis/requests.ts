// Commands of Redis (RESP2 and RESP3, redis.io/docs/reference/protocol-spec): arrays of bulk strings, and inline commands.
import type { RequestEvents, RequestReader } from '../contract.ts';
import { type Kinds, kindsOf, OTHER_KIND } from '../kinds.ts';
import { isDigit, isLetter, Name, toUpper } from '../name.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const MOST_ARGUMENTS = 1 << 20; // the server's own limits (networking.c, proto-max-bulk-len)
const MOST_ARGUMENT_BYTES = 512 << 20;
const LONGEST_INLINE_BYTES = 1 << 16;
const LONGEST_COMMAND_BYTES = 32;

/** Commands whose second word names what is done. */
const containers = kindsOf(
  'ACL CLIENT CLUSTER COMMAND CONFIG DEBUG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT SENTINEL SLOWLOG XGROUP XINFO'.split(' '),
);
/** After these the server says what nobody asks for, or nothing to what is asked. */
const streams = kindsOf('SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE MONITOR SYNC PSYNC'.split(' '));

const START = 0;
const COUNT = 1;
const ARGUMENT = 2;
const LENGTH = 3;
const TEXT = 4;
const TEXT_END = 5;
const INLINE = 6;
const LOST = 7;

/** A command is named by its first word, a container's by two; words of other than letters, digits, dot, dash and underscore are nobody's command. */
export class RedisRequests implements RequestReader {
  readonly #kinds: Kinds;
  readonly #name = new Name(2 * LONGEST_COMMAND_BYTES + 1);
  #state = START;
  #number = 0;
  #numberDigits = 0;
  #isNegative = false;
  #argumentsLeft = 0;
  #textLeftBytes = 0;
  #lineBytes = 0;
  /** Words of the name that are complete or being read. */
  #words = 0;
  #firstWordBytes = 0;
  #isNaming = false;
  #isOdd = false;
  #isStream = false;

  constructor(kinds: Kinds) {
    this.#kinds = kinds;
  }

  push(bytes: Uint8Array, at: number, end: number, out: RequestEvents): void {
    while (at < end && this.#state !== LOST) {
      if (this.#state !== TEXT) this.#onByte(bytes[at++]!, out);
      else {
        const takenBytes = Math.min(this.#textLeftBytes, end - at);
        if (this.#isNaming) for (let index = at; index < at + takenBytes && !this.#isOdd; index++) this.#addToName(bytes[index]!);
        at += takenBytes;
        this.#onText(takenBytes);
      }
    }
  }

  skip(lengthBytes: number, out: RequestEvents): void {
    if (this.#state === LOST || lengthBytes === 0) return;
    if (this.#state === TEXT && !this.#isNaming && lengthBytes <= this.#textLeftBytes) this.#onText(lengthBytes);
    else this.#lose('bytes were not captured', out);
  }

  close(): void {}

  #onByte(byte: number, out: RequestEvents): void {
    switch (this.#state) {
      case START:
        return this.#onStart(byte, out);
      case COUNT:
        if (!this.#onNumberByte(byte, out)) return;
        if (this.#number > MOST_ARGUMENTS) return this.#lose('a command of too many arguments', out);
        this.#argumentsLeft = this.#isNegative ? 0 : this.#number;
        this.#state = START; // an empty array is no command
        if (this.#argumentsLeft === 0) return;
        this.#state = ARGUMENT;
        this.#beginName();
        return;
      case ARGUMENT:
        if (byte !== 0x24) return this.#lose('an argument that is no bulk string', out);
        this.#beginNumber(LENGTH);
        return;
      case LENGTH:
        if (!this.#onNumberByte(byte, out)) return;
        if (this.#isNegative || this.#number > MOST_ARGUMENT_BYTES) return this.#lose('an argument that is too long', out);
        this.#textLeftBytes = this.#number;
        this.#state = this.#number === 0 ? TEXT_END : TEXT;
        return;
      case TEXT_END:
        if (byte === CR) return;
        if (byte !== LF) return this.#lose('an argument without an end', out);
        this.#onArgumentEnd();
        this.#state = ARGUMENT;
        if (--this.#argumentsLeft === 0) this.#end(out);
        return;
      case INLINE:
        return this.#onInlineByte(byte, out);
    }
  }

  #onStart(byte: number, out: RequestEvents): void {
    if (byte === CR || byte === LF || byte === SPACE) return; // empty inline commands
    if (byte === 0x2a) {
      out.requestBegan();
      this.#beginNumber(COUNT);
    } else if (isLetter(byte)) {
      out.requestBegan();
      this.#state = INLINE;
      this.#lineBytes = 0;
      this.#beginName();
      this.#onInlineByte(byte, out);
    } else this.#lose(byte === 0x16 ? 'TLS' : 'not RESP', out);
  }

  #onInlineByte(byte: number, out: RequestEvents): void {
    if (++this.#lineBytes > LONGEST_INLINE_BYTES) return this.#lose('an inline command that is too long', out);
    if (byte === LF) {
      this.#onArgumentEnd();
      this.#end(out);
    } else if (byte === SPACE || byte === CR) {
      if (this.#name.lengthBytes > this.#firstWordBytes + (this.#words - 1)) this.#onArgumentEnd();
    } else if (this.#isNaming) this.#addToName(byte);
  }

  #beginNumber(state: number): void {
    this.#state = state;
    this.#number = this.#numberDigits = 0;
    this.#isNegative = false;
  }

  /** True when the line has ended. */
  #onNumberByte(byte: number, out: RequestEvents): boolean {
    if (byte === LF && this.#numberDigits > 0) return true;
    if (isDigit(byte) && ++this.#numberDigits <= 12) this.#number = this.#number * 10 + byte - 0x30;
    else if (byte === 0x2d && this.#numberDigits === 0) this.#isNegative = true;
    else if (byte !== CR || this.#numberDigits === 0) this.#lose('a length that is none', out);
    return false;
  }

  #beginName(): void {
    this.#name.clear();
    this.#words = 1;
    this.#firstWordBytes = 0;
    this.#isNaming = true;
    this.#isOdd = this.#isStream = false;
  }

  #addToName(byte: number): void {
    const isWord = isLetter(byte) || isDigit(byte) || byte === 0x2e || byte === 0x2d || byte === 0x5f;
    if (!isWord || this.#name.lengthBytes - this.#firstWordBytes >= LONGEST_COMMAND_BYTES) this.#isOdd = true;
    else this.#name.add(toUpper(byte));
  }

  #onText(takenBytes: number): void {
    this.#textLeftBytes -= takenBytes;
    if (this.#textLeftBytes === 0) this.#state = TEXT_END;
  }

  #onArgumentEnd(): void {
    if (!this.#isNaming) return;
    const { bytes, lengthBytes } = this.#name;
    this.#isNaming = false;
    if (this.#words === 1) {
      this.#isStream = !this.#isOdd && streams.find(bytes, lengthBytes) !== null;
      if (this.#isOdd || containers.find(bytes, lengthBytes) === null) return;
      this.#firstWordBytes = lengthBytes;
      this.#name.add(SPACE);
      this.#words = 2;
      this.#isNaming = true;
    } else if (this.#isOdd || lengthBytes === this.#firstWordBytes + 1) {
      this.#name.truncate(this.#firstWordBytes);
      this.#isOdd = false;
    } else this.#isStream = this.#name.is('CLIENT REPLY');
  }

  #end(out: RequestEvents): void {
    if (this.#isNaming) this.#onArgumentEnd(); // a container without its second word
    const { bytes, lengthBytes } = this.#name;
    const isNone = this.#isOdd || lengthBytes === 0;
    this.#state = START;
    out.requestEnded(isNone ? OTHER_KIND : this.#kinds.intern(bytes, lengthBytes), true);
    if (this.#isStream) this.#lose('what follows is no answer to a command', out);
  }

  #lose(reason: string, out: RequestEvents): void {
    this.#state = LOST;
    out.requestsLost(reason);
  }
}
