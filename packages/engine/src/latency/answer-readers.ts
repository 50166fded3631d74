// The assistant's half: reads the responses that targets send to copies, and tells of each when it began and ended. Payload goes no further.
import type { Adapter, ResponseEvents, ResponseReader } from '@parallax/adapters';
import { ACK, FIN, type IpView, RST, SYN, seqDiff, type TcpView } from '@parallax/wire';
import { FlowKey, FlowTable } from '../flow-table.ts';
import type { Mark } from './parsed.ts';
import { NO_TIME_US } from './plausible.ts';

/** Connections read at a time; those beyond are not measured. */
const MOST_CONNECTIONS = 200_000;
const IDLE_MS = 2 * 60 * 60_000;
/** Numbers further away belong to another connection. */
const PLAUSIBLE_BYTES = 1 << 26;

/** One connection from a target to a copy. */
class Connection {
  readonly flow: Int32Array;
  readonly reader: ResponseReader;
  readonly iss: number;
  /** Number of the next byte. */
  next: number;
  ordinal = 0;
  isLost = false;
  beganAtUs = 0;
  mayEndAtUs = 0;
  lastSeenMs: number;

  constructor(flow: Int32Array, adapter: Adapter, iss: number, nowMs: number) {
    this.flow = flow;
    this.reader = adapter.responses(true);
    this.iss = iss;
    this.next = (iss + 1) | 0;
    this.lastSeenMs = nowMs;
  }
}

export class AnswerReaders implements ResponseEvents {
  readonly #bytes: Uint8Array;
  readonly #connections: FlowTable<Connection>;
  readonly #key = new FlowKey();
  readonly #mark: Mark = { ordinal: 0, firstAtUs: 0, lastAtUs: 0, isError: false, isLost: false };
  readonly #onMark: (mark: Mark, status: string, lengthBytes: number) => void;
  #connection!: Connection;
  #atUs = 0;

  /** `onMark` is called while the packet that causes it is being read; the mark is valid during the call. */
  constructor(bytes: Uint8Array, seed: number, onMark: (mark: Mark, status: string, lengthBytes: number) => void) {
    this.#bytes = bytes;
    this.#connections = new FlowTable(seed);
    this.#onMark = onMark;
  }

  get size(): number {
    return this.#connections.size;
  }

  /** A captured packet of a target that speaks the adapter's protocol; of its `payloadBytes`, `capturedBytes` are at `payloadAt`. */
  onAnswer(
    ip: IpView,
    tcp: TcpView,
    payloadAt: number,
    capturedBytes: number,
    payloadBytes: number,
    adapter: Adapter,
    capturedAtUs: number,
    nowMs: number,
  ): void {
    const { flags, seq } = tcp;
    const key = this.#packetKey(ip, tcp);
    const known = this.#connections.get(key);
    if ((flags & (SYN | ACK)) === (SYN | ACK)) {
      if (known?.iss === seq) return;
      if (known !== undefined) this.#connections.delete(key, known);
      if (this.#connections.size < MOST_CONNECTIONS) this.#connections.set(key, new Connection(key.words.slice(), adapter, seq, nowMs));
      return;
    }
    if (known === undefined) return; // open before this assistant was: which response is whose nobody knows
    known.lastSeenMs = nowMs;
    if ((flags & RST) !== 0) {
      if (Math.abs(seqDiff(seq, known.next)) <= PLAUSIBLE_BYTES) this.#connections.delete(key, known);
      return;
    }
    this.#connection = known;
    this.#atUs = capturedAtUs;
    if (payloadBytes > 0 && !known.isLost) this.#read(known, seq, payloadAt, capturedBytes, payloadBytes);
    if ((flags & FIN) === 0) return;
    const missing = seqDiff((seq + payloadBytes) | 0, known.next);
    if (missing < 0 || missing > PLAUSIBLE_BYTES) return;
    if (!known.isLost && missing > 0) known.reader.skip(missing, this);
    if (!known.isLost) known.reader.close(this);
    this.#connections.delete(this.#packetKey(ip, tcp), known);
  }

  #read(connection: Connection, seq: number, payloadAt: number, capturedBytes: number, payloadBytes: number): void {
    const missing = seqDiff(seq, connection.next);
    const knownBytes = Math.max(0, -missing);
    if (knownBytes >= payloadBytes || missing > PLAUSIBLE_BYTES) return;
    const { reader } = connection;
    const heardBytes = Math.max(0, capturedBytes - knownBytes);
    connection.next = (seq + payloadBytes) | 0;
    if (missing > 0) reader.skip(missing, this);
    reader.push(this.#bytes, payloadAt + capturedBytes - heardBytes, payloadAt + capturedBytes, this);
    if (payloadBytes - knownBytes > heardBytes) reader.skip(payloadBytes - knownBytes - heardBytes, this);
  }

  /** Connections that nothing was heard of for long are forgotten. Call it every minute or so. */
  sweep(nowMs: number): void {
    for (const connection of [...this.#connections.values()]) {
      if (nowMs - connection.lastSeenMs < IDLE_MS) continue;
      this.#key.words.set(connection.flow);
      this.#connections.delete(this.#key, connection);
    }
  }

  responseBegan(): void {
    this.#connection.beganAtUs = this.#atUs;
  }

  responseMayEnd(): void {
    this.#connection.mayEndAtUs = this.#atUs;
  }

  responseEnded(status: string, isError: boolean, lengthBytes: number, isLate: boolean): void {
    const connection = this.#connection;
    const mark = this.#mark;
    mark.ordinal = connection.ordinal++;
    mark.firstAtUs = connection.beganAtUs;
    mark.lastAtUs = isLate ? connection.mayEndAtUs : this.#atUs;
    if (mark.firstAtUs === NO_TIME_US || mark.lastAtUs === NO_TIME_US) mark.firstAtUs = mark.lastAtUs = NO_TIME_US;
    mark.isError = isError;
    mark.isLost = false;
    this.#onMark(mark, status, lengthBytes);
  }

  responsesLost(): void {
    const mark = this.#mark;
    this.#connection.isLost = true;
    mark.ordinal = this.#connection.ordinal;
    mark.firstAtUs = mark.lastAtUs = this.#atUs;
    mark.isError = false;
    mark.isLost = true;
    this.#onMark(mark, '', 0);
  }

  #packetKey(ip: IpView, tcp: TcpView): FlowKey {
    const { words } = this.#key;
    words[0] = ip.destination(0);
    words[1] = ip.destination(1);
    words[2] = ip.destination(2);
    words[3] = ip.destination(3);
    words[4] = ip.source(0);
    words[5] = ip.source(1);
    words[6] = ip.source(2);
    words[7] = ip.source(3);
    words[8] = (tcp.destinationPort << 16) | tcp.sourcePort;
    return this.#key;
  }
}
