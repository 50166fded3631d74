// A bounded, uniform choice of pairs (µs online, µs target) of the same exchange.
import { ByteReader, ByteWriter } from './varint.ts';

const writer = new ByteWriter();

export class Reservoir {
  readonly capacity: number;
  readonly #random: () => number;
  readonly onlineUs: Int32Array;
  readonly targetUs: Int32Array;
  #size = 0;
  #seen = 0;

  constructor(capacity: number, random: () => number) {
    this.capacity = capacity;
    this.#random = random;
    this.onlineUs = new Int32Array(capacity);
    this.targetUs = new Int32Array(capacity);
  }

  /** Pairs kept. */
  get size(): number {
    return this.#size;
  }
  /** Pairs they were chosen from. */
  get seen(): number {
    return this.#seen;
  }

  /** Vitter's algorithm R: after n offers each of them is kept with the same probability. */
  offer(onlineUs: number, targetUs: number): void {
    this.#seen++;
    const at = this.#size < this.capacity ? this.#size++ : Math.floor(this.#random() * this.#seen);
    if (at < this.capacity) this.#put(at, onlineUs, targetUs);
  }

  #put(at: number, onlineUs: number, targetUs: number): void {
    this.onlineUs[at] = Math.min(Math.max(0, Math.round(onlineUs)), 0x7fffffff);
    this.targetUs[at] = Math.min(Math.max(0, Math.round(targetUs)), 0x7fffffff);
  }

  reset(): void {
    this.#size = 0;
    this.#seen = 0;
  }

  /**
   * A uniform choice from what both have seen. The side whose pairs stand for more exchanges each sets the scale: of the other's, as many are left out
   * as it takes to be fair. The other is used up.
   */
  merge(other: Reservoir): void {
    if (other.#seen === 0) return;
    if (this.#size === this.#seen && other.#size === other.#seen && this.#size + other.#size <= this.capacity) {
      for (let at = 0; at < other.#size; at++) this.offer(other.onlineUs[at]!, other.targetUs[at]!);
      return;
    }
    const seen = this.#seen + other.#seen;
    const mine = { left: this.#size, unseen: this.#seen, online: this.onlineUs.slice(0, this.#size), target: this.targetUs.slice(0, this.#size) };
    const theirs = { left: other.#size, unseen: other.#seen, online: other.onlineUs, target: other.targetUs };
    const share = (size: number, of: number) => (of === 0 ? Number.POSITIVE_INFINITY : (size * seen) / of);
    const wanted = Math.min(this.capacity, Math.floor(share(mine.left, mine.unseen)), Math.floor(share(theirs.left, theirs.unseen)));
    this.#size = 0;
    this.#seen = seen;
    while (this.#size < wanted) {
      const from = this.#random() * (mine.unseen + theirs.unseen) < mine.unseen ? mine : theirs;
      if (from.left === 0) return; // a few less, and still fair
      const at = Math.floor(this.#random() * from.left);
      this.#put(this.#size++, from.online[at]!, from.target[at]!);
      from.unseen--;
      from.left--;
      from.online[at] = from.online[from.left]!;
      from.target[at] = from.target[from.left]!;
    }
  }

  /** Seen, then each pair: µs online, target minus online. Empty when nothing was seen. */
  encode(): Uint8Array<ArrayBuffer> {
    writer.reset();
    if (this.#seen === 0) return writer.take();
    writer.unsigned(this.#seen);
    for (let at = 0; at < this.#size; at++) {
      writer.unsigned(this.onlineUs[at]!);
      writer.signed(this.targetUs[at]! - this.onlineUs[at]!);
    }
    return writer.take();
  }

  /** Merges what `encode` wrote. @throws if it did not write that. */
  mergeEncoded(encoded: Uint8Array): void {
    if (encoded.length === 0) return;
    const reader = new ByteReader(encoded);
    const seen = reader.unsigned();
    const pairs: [number, number][] = [];
    while (!reader.isAtEnd) {
      const onlineUs = reader.unsigned();
      pairs.push([onlineUs, onlineUs + reader.signed()]);
    }
    if (pairs.length > seen) throw new Error(`${pairs.length} pairs were chosen from ${seen}`);
    const other = new Reservoir(pairs.length, this.#random);
    for (const [onlineUs, targetUs] of pairs) other.offer(onlineUs, targetUs);
    other.#seen = seen;
    this.merge(other);
  }
}
