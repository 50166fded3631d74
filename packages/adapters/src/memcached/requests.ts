// Commands of memcached's text protocol (github.com/memcached/memcached, doc/protocol.txt).
import type { RequestEvents, RequestReader } from '../contract.ts';
import { kindsOf } from '../kinds.ts';
import { isDigit, isLetter, Name } from '../name.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const LONGEST_LINE_BYTES = 1 << 16;
const MOST_VALUE_BYTES = 2 ** 30;
const NO_REPLY = 'noreply';

const commands = kindsOf(
  (
    'get gets gat gats set add replace append prepend cas incr decr delete touch stats version verbosity flush_all cache_memlimit ' +
    'shutdown quit watch slabs lru lru_crawler misbehave refresh_certs extstore mg ms md ma mn me'
  ).split(' '),
);
const UNKNOWN_COMMAND = 'unknown command';
/** Commands behind whose line comes a value, and which word is its length. */
const valueLengthAt: Readonly<Record<string, number>> = { set: 4, add: 4, replace: 4, append: 4, prepend: 4, cas: 4, ms: 2 };
/** Their flag q hides some answers. */
const quietable = new Set(['mg', 'ms', 'md', 'ma']);

/** Their keys may be called `noreply`. */
const gets = new Set(['get', 'gets', 'gat', 'gats', 'mg']);

const START = 0;
const LINE = 1;
const VALUE = 2;
const LOST = 3;

export class MemcachedRequests implements RequestReader {
  readonly #command = new Name(16);
  #state = START;
  #kind = UNKNOWN_COMMAND;
  #lineBytes = 0;
  /** Ordinal of the word being read, 0 for the command; bytes of it so far. */
  #word = 0;
  #wordBytes = 0;
  #noReplyBytes = 0;
  #isQuiet = false;
  #lengthAt = -1;
  #valueBytes = 0;
  #isValueOdd = false;
  #leftBytes = 0;

  push(bytes: Uint8Array, at: number, end: number, out: RequestEvents): void {
    while (at < end && this.#state !== LOST) {
      if (this.#state === VALUE) {
        const takenBytes = Math.min(this.#leftBytes, end - at);
        at += takenBytes;
        this.#onValue(takenBytes, out);
      } else this.#onLineByte(bytes[at++]!, out);
    }
  }

  skip(lengthBytes: number, out: RequestEvents): void {
    if (this.#state === LOST || lengthBytes === 0) return;
    if (this.#state === VALUE && lengthBytes <= this.#leftBytes) this.#onValue(lengthBytes, out);
    else this.#lose('bytes were not captured', out);
  }

  close(): void {}

  #onLineByte(byte: number, out: RequestEvents): void {
    if (this.#state === START) {
      if (!isLetter(byte)) return this.#lose(byte === 0x80 ? 'the binary protocol' : byte === 0x16 ? 'TLS' : 'not a command of memcached', out);
      out.requestBegan();
      this.#begin();
    }
    if (++this.#lineBytes > LONGEST_LINE_BYTES) return this.#lose('a command that is too long', out);
    if (byte === LF) this.#onLineEnd(out);
    else if (byte === SPACE || byte === CR) this.#onWordEnd();
    else this.#onWordByte(byte);
  }

  #begin(): void {
    this.#state = LINE;
    this.#command.clear();
    this.#lineBytes = this.#word = this.#wordBytes = this.#noReplyBytes = 0;
    this.#isQuiet = this.#isValueOdd = false;
    this.#lengthAt = -1;
    this.#valueBytes = -1;
  }

  #onWordByte(byte: number): void {
    if (this.#wordBytes === 0) this.#noReplyBytes = 0;
    const index = this.#wordBytes++;
    if (this.#word === 0) this.#command.add(byte);
    else if (this.#word === this.#lengthAt) {
      if (isDigit(byte) && index < 10) this.#valueBytes = (index === 0 ? 0 : this.#valueBytes) * 10 + byte - 0x30;
      else this.#isValueOdd = true;
    } else if (this.#word > 1 && index === 0 && byte === 0x71) this.#isQuiet = true;
    if (this.#noReplyBytes === index && byte === NO_REPLY.charCodeAt(index)) this.#noReplyBytes++;
    else this.#noReplyBytes = -1;
  }

  #onWordEnd(): void {
    if (this.#wordBytes === 0) return;
    if (this.#word === 0) {
      const { bytes, lengthBytes, isCut } = this.#command;
      this.#kind = (isCut ? null : commands.find(bytes, lengthBytes)) ?? UNKNOWN_COMMAND;
      this.#lengthAt = valueLengthAt[this.#kind] ?? -1;
    }
    this.#word++;
    this.#wordBytes = 0;
  }

  #onLineEnd(out: RequestEvents): void {
    this.#onWordEnd();
    if (this.#lengthAt < 0 || this.#isValueOdd || this.#valueBytes < 0) return this.#end(out); // without a length the server takes no value either
    if (this.#valueBytes > MOST_VALUE_BYTES) return this.#lose('a value that is too long', out);
    this.#leftBytes = this.#valueBytes + 2;
    this.#state = VALUE;
  }

  #onValue(takenBytes: number, out: RequestEvents): void {
    this.#leftBytes -= takenBytes;
    if (this.#leftBytes === 0) this.#end(out);
  }

  #end(out: RequestEvents): void {
    this.#state = START;
    const kind = this.#kind;
    const isSilent = (this.#noReplyBytes === NO_REPLY.length && !gets.has(kind)) || kind === 'quit' || kind === 'shutdown';
    out.requestEnded(kind, !isSilent);
    if (this.#isQuiet && quietable.has(kind)) this.#lose('quiet commands, of which only some are answered', out);
    else if (kind === 'watch') this.#lose('what follows is no answer to a command', out);
  }

  #lose(reason: string, out: RequestEvents): void {
    this.#state = LOST;
    out.requestsLost(reason);
  }
}
