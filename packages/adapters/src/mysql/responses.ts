// What a MySQL or MariaDB server says: a greeting, then one response for the login and for each command. A response begins with sequence number 1.
import type { ResponseEvents, ResponseReader } from '../contract.ts';
import { Kinds } from '../kinds.ts';
import { Name } from '../name.ts';
import { type PacketEvents, PacketReader } from './packet.ts';

const OK = 0x00;
const MORE_AUTHENTICATION = 0x01;
const LOCAL_FILE = 0xfb;
const EOF = 0xfe;
const ERROR = 0xff;
const SERVER_MORE_RESULTS_EXISTS = 0x0008;
const SERVER_STATUS_CURSOR_EXISTS = 0x0040;
/** An EOF packet, as opposed to an OK packet that says EOF. */
const EOF_BYTES = 5;
const PREPARED_BYTES = 12;
const FULL_BYTES = 0xffffff;
/** What is looked at of a packet: enough for two numbers of 9 bytes and the flags behind them. */
const MOST_LOOKED_AT_BYTES = 24;

const GREETING = 0;
const LOGIN = 1;
/** Between two responses. */
const IDLE = 2;
const RESULT = 3;
const COLUMNS = 4;
const ROWS = 5;
/** The client sends a file; OK or ERR follows. */
const FILE = 6;
/** More packets of a response whose end could not be known. */
const TAIL = 7;

/** Error numbers of all connections. */
const errors = new Kinds(256);

/** Statuses are `ok` or the number of the first error. */
export class MysqlResponses implements ResponseReader, PacketEvents {
  readonly #packets = new PacketReader();
  readonly #head = new Uint8Array(MOST_LOOKED_AT_BYTES);
  readonly #number = new Name(5);
  #out: ResponseEvents | null = null;
  #state: number;
  #isLost = false;
  #sequence = 0;
  #headBytes = 0;
  #packetBytes = 0;
  #columnsLeft = 0;
  #hasSeenColumnsEnd = false;
  #isError = false;
  #isOpen = false;
  #lengthBytes = 0;

  constructor(isFromStart: boolean) {
    this.#state = isFromStart ? GREETING : IDLE;
  }

  push(bytes: Uint8Array, at: number, end: number, out: ResponseEvents): void {
    if (this.#isLost) return;
    this.#out = out;
    this.#packets.push(bytes, at, end, this);
    this.#out = null;
  }

  skip(lengthBytes: number, out: ResponseEvents): void {
    if (this.#isLost || lengthBytes === 0) return;
    this.#out = out;
    if (!this.#packets.skip(lengthBytes, this)) this.#lose('bytes were not captured');
    this.#out = null;
  }

  close(out: ResponseEvents): void {
    if (!this.#isLost && this.#state === TAIL && this.#packets.isBetween) {
      this.#out = out;
      this.#end(true);
      this.#out = null;
    }
    this.#isLost = true;
    this.#packets.isBad = true;
  }

  onPacket(sequence: number, lengthBytes: number, isMore: boolean): boolean {
    const isNext = sequence === ((this.#sequence + 1) & 0xff);
    this.#sequence = sequence;
    this.#packetBytes = lengthBytes;
    if (isMore) {
      this.#lengthBytes += lengthBytes + 4;
      return true;
    }
    this.#headBytes = 0;
    if (this.#state === TAIL && sequence === 1) this.#end(true);
    if (this.#state === IDLE && sequence === 0) return this.#lose('not the protocol of MySQL'); // the server never begins
    if (this.#state === GREETING) {
      if (sequence !== 0 || lengthBytes === 0) return this.#lose('not the protocol of MySQL');
      return true;
    }
    if (this.#isOpen && !isNext && this.#state !== LOGIN && this.#state !== FILE) return this.#lose('a packet is missing'); // in those, the client counts too
    if (!this.#isOpen) {
      if (this.#state === IDLE && sequence !== 1) return true; // rows of a fetch, that no first packet tells apart from an end
      this.#open();
    }
    this.#lengthBytes += lengthBytes + 4;
    return true;
  }

  onPayloadByte(byte: number): boolean {
    this.#head[this.#headBytes++] = byte;
    return this.#headBytes < MOST_LOOKED_AT_BYTES;
  }

  onPacketEnd(): void {
    if (this.#state === GREETING) {
      this.#state = this.#head[0] === ERROR ? IDLE : LOGIN; // too many connections
      return;
    }
    if (!this.#isOpen) return;
    const first = this.#headBytes === 0 ? -1 : this.#head[0]!;
    switch (this.#state) {
      case LOGIN:
        if (first === OK) this.#end(false);
        else if (first === ERROR) this.#onError();
        else if (first !== MORE_AUTHENTICATION && first !== EOF) this.#lose('a login that is none');
        return;
      case RESULT:
        return this.#onResult(first);
      case COLUMNS:
        return this.#onColumn(first);
      case ROWS:
        if (first === ERROR) this.#onError();
        else if (first === EOF && this.#packetBytes < FULL_BYTES) this.#onRowsEnd();
        return;
      case FILE:
        if (first === ERROR) this.#onError();
        else this.#onOk();
        return;
      case TAIL:
        this.#out!.responseMayEnd();
    }
  }

  #open(): void {
    this.#isOpen = true;
    this.#isError = false;
    this.#lengthBytes = 0;
    if (this.#state === IDLE) this.#state = RESULT;
    this.#out!.responseBegan();
  }

  #onResult(first: number): void {
    switch (first) {
      case OK:
        if (this.#isPrepared()) return this.#onTail();
        return this.#onOk();
      case ERROR:
        return this.#onError();
      case LOCAL_FILE:
        this.#state = FILE;
        return;
      case EOF:
        if (this.#packetBytes === EOF_BYTES || this.#packetBytes === 1) return this.#end(false);
        this.#state = LOGIN; // another user logs in
        return;
    }
    const columns = this.#columnCount();
    if (columns < 0) return this.#onTail(); // a text or a list of fields
    this.#columnsLeft = columns;
    this.#hasSeenColumnsEnd = false;
    this.#state = columns === 0 ? ROWS : COLUMNS;
  }

  /** Of a result's first packet, which holds nothing else, but with MariaDB whether their definitions follow; -1 if it is something else. */
  #columnCount(): number {
    if (this.#packetBytes === 0) return -1;
    const [first, second, third] = this.#head as unknown as [number, number, number];
    if (first < 0xfb) {
      if (this.#packetBytes === 1) return first;
      if (this.#packetBytes === 2 && second <= 1) return second === 0 ? 0 : first;
    } else if (first === 0xfc && (this.#packetBytes === 3 || this.#packetBytes === 4)) return second | (third << 8);
    return -1;
  }

  #onColumn(first: number): void {
    if (first === ERROR) return this.#onError();
    if (--this.#columnsLeft === 0) this.#state = ROWS;
  }

  /** Behind the columns, older clients get an EOF packet first; the flags of the last one tell whether another result follows. */
  #onRowsEnd(): void {
    if (this.#packetBytes !== EOF_BYTES) return this.#onOk();
    const flags = this.#head[3]! | (this.#head[4]! << 8);
    if (this.#hasSeenColumnsEnd || (flags & SERVER_STATUS_CURSOR_EXISTS) !== 0) return this.#next(flags); // rows of a cursor are fetched
    this.#hasSeenColumnsEnd = true;
  }

  /** An OK packet: two numbers of variable length, then the flags. */
  #onOk(): void {
    let at = 1;
    for (let number = 0; number < 2; number++) {
      const first = this.#head[at] ?? 0;
      at += first === 0xfc ? 3 : first === 0xfd ? 4 : first === 0xfe ? 9 : 1;
    }
    this.#next(at + 1 < this.#headBytes ? this.#head[at]! | (this.#head[at + 1]! << 8) : 0);
  }

  #next(flags: number): void {
    if ((flags & SERVER_MORE_RESULTS_EXISTS) === 0) return this.#end(false);
    this.#state = RESULT;
  }

  /** The answer to a prepared statement looks like an OK packet, and definitions of its parameters and columns may follow. */
  #isPrepared(): boolean {
    if (this.#packetBytes !== PREPARED_BYTES || this.#head[9] !== 0) return false;
    return this.#head[5] !== 0 || this.#head[6] !== 0 || this.#head[7] !== 0 || this.#head[8] !== 0;
  }

  #onTail(): void {
    this.#state = TAIL;
    this.#out!.responseMayEnd();
  }

  #onError(): void {
    this.#isError = true;
    this.#number.clear();
    const code = this.#head[1]! | (this.#head[2]! << 8);
    for (let power = 10_000; power >= 1; power /= 10) if (code >= power || power === 1) this.#number.add(0x30 + (Math.floor(code / power) % 10));
    this.#end(false);
  }

  #end(isLate: boolean): void {
    this.#state = IDLE;
    this.#isOpen = false;
    this.#out!.responseEnded(this.#isError ? errors.intern(this.#number.bytes, this.#number.lengthBytes) : 'ok', this.#isError, this.#lengthBytes, isLate);
  }

  /** Always false, as `onPacket` says it. */
  #lose(reason: string): false {
    this.#isLost = true;
    this.#packets.isBad = true;
    this.#out!.responsesLost(reason);
    return false;
  }
}
