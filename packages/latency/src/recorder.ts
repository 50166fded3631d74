// One second of one mapping, as its agent fills it: nothing is allocated once every kind has been seen.
import { Histogram } from './histogram.ts';
import { seededRandom } from './random.ts';
import { Reservoir } from './reservoir.ts';

/** Exchanges that nobody told apart. */
export const TURNS = 'turns';
/** Everything beyond the kinds that are told apart. */
export const OTHER = 'other';
/** Kinds told apart in the life of one recorder, `other` not counted. */
export const MOST_KINDS = 64;
/** Pairs kept of one kind and second. */
export const PAIRS_PER_SECOND = 64;

export type SideName = 'online' | 'target';
type Encoded = Uint8Array<ArrayBuffer> | null;

/** Latency runs from the last byte of the request to the first, or to the last, byte of the answer. */
export interface SideSecond {
  count: number;
  errors: number;
  firstByte: Encoded;
  lastByte: Encoded;
}
export interface KindSecond {
  kind: string;
  online: SideSecond;
  target: SideSecond;
  /** How long the copies held requests back. */
  held: Encoded;
  pairs: { count: number; difference: Encoded; chosen: Encoded };
}
/** Time of the TCP handshake on both sides, and every kind that had an exchange. */
export interface Second {
  connect: Record<SideName, Encoded>;
  kinds: KindSecond[];
}

const encoded = (histogram: Histogram): Encoded => (histogram.count === 0 ? null : histogram.encode());

class SideRecorder {
  count = 0;
  errors = 0;
  readonly firstByte = new Histogram();
  readonly lastByte = new Histogram();

  get isEmpty(): boolean {
    return this.count + this.errors + this.lastByte.count === 0;
  }

  take(): SideSecond {
    const second = { count: this.count, errors: this.errors, firstByte: encoded(this.firstByte), lastByte: encoded(this.lastByte) };
    this.count = this.errors = 0;
    this.firstByte.reset();
    this.lastByte.reset();
    return second;
  }
}

class KindRecorder {
  readonly kind: string;
  readonly online = new SideRecorder();
  readonly target = new SideRecorder();
  readonly held = new Histogram();
  readonly difference = new Histogram();
  readonly chosen: Reservoir;

  constructor(kind: string, random: () => number) {
    this.kind = kind;
    this.chosen = new Reservoir(PAIRS_PER_SECOND, random);
  }

  get isEmpty(): boolean {
    return this.online.isEmpty && this.target.isEmpty && this.held.count + this.chosen.seen === 0;
  }

  take(): KindSecond {
    const { kind, held, difference, chosen } = this;
    const pairs = { count: chosen.seen, difference: encoded(difference), chosen: chosen.seen === 0 ? null : chosen.encode() };
    const second = { kind, online: this.online.take(), target: this.target.take(), held: encoded(held), pairs };
    held.reset();
    difference.reset();
    chosen.reset();
    return second;
  }
}

export class SecondRecorder {
  readonly #random: () => number;
  readonly #indexes = new Map<string, number>();
  readonly #kinds: KindRecorder[] = [];
  /** Asked for last: most exchanges are of the kind of the one before. */
  #lastName = '';
  #last = -1;
  readonly #connect = { online: new Histogram(), target: new Histogram() };

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** The number of a kind, to be asked for once and used from then on. Kinds beyond the 64th share that of `other`. */
  kind(name: string): number {
    if (name === this.#lastName && this.#last >= 0) return this.#last;
    const known = this.#indexes.get(name);
    if (known !== undefined) {
      this.#lastName = name;
      this.#last = known;
      return known;
    }
    return this.#addKind(name);
  }

  /** Apart from the above, so that V8 compiles that without a push it would throw the code away for: the first one of a new recorder. */
  #addKind(name: string): number {
    const isRoom = this.#kinds.filter(({ kind }) => kind !== OTHER).length < MOST_KINDS;
    if (!isRoom && name !== OTHER) return this.kind(OTHER);
    this.#kinds.push(new KindRecorder(name, this.#random));
    this.#indexes.set(name, this.#kinds.length - 1);
    return this.#kinds.length - 1;
  }

  /** An exchange was answered, µs; a negative latency is not known and not counted as one. */
  answered(kind: number, side: SideName, firstByteUs: number): void {
    const { online, target } = this.#kinds[kind]!;
    const of = side === 'online' ? online : target;
    of.count++;
    if (firstByteUs >= 0) of.firstByte.record(firstByteUs);
  }

  /** The answer is complete; maybe much later, and in another second. */
  finished(kind: number, side: SideName, lastByteUs: number, isError: boolean): void {
    const { online, target } = this.#kinds[kind]!;
    const of = side === 'online' ? online : target;
    if (isError) of.errors++;
    if (lastByteUs >= 0) of.lastByte.record(lastByteUs);
  }

  /** Both at once. */
  exchange(kind: number, side: SideName, firstByteUs: number, lastByteUs: number, isError: boolean): void {
    this.answered(kind, side, firstByteUs);
    this.finished(kind, side, lastByteUs, isError);
  }

  /** The same exchange on both sides, latencies to the first byte, µs. */
  pair(kind: number, onlineUs: number, targetUs: number): void {
    const of = this.#kinds[kind]!;
    of.difference.record(targetUs - onlineUs);
    of.chosen.offer(onlineUs, targetUs);
  }

  held(kind: number, us: number): void {
    this.#kinds[kind]!.held.record(us);
  }

  connect(side: SideName, us: number): void {
    this.#connect[side].record(us);
  }

  /** What was recorded since the last call. */
  take(): Second {
    const { online, target } = this.#connect;
    const connect = { online: encoded(online), target: encoded(target) };
    online.reset();
    target.reset();
    return { connect, kinds: this.#kinds.filter((kind) => !kind.isEmpty).map((kind) => kind.take()) };
  }
}
