// Finds the session or copy of a packet: open addressing on typed arrays, nothing allocated by a look-up.
//
//   index   | hash, entry + 1 | ...     a power of two of slots, at most three quarters of them in use
//   keys    | address a (4 words), address b (4), both ports | ...     one behind the other, by entry, in chunks that never move
//   values  | ...     by entry
import type { AddressWords, IpView, TcpView } from '@parallax/wire';
import { listOfObjects } from './lists.ts';

const KEY = 9;
const FREE = 0;
/** Keys of a chunk, as bits. */
const CHUNK_BITS = 8;
const IN_CHUNK = (1 << CHUNK_BITS) - 1;

/** The two ends of a flow as one key; one instance is filled again for each packet. */
export class FlowKey {
  readonly words = new Int32Array(KEY);

  set(a: AddressWords, aPort: number, b: AddressWords, bPort: number): this {
    const { words } = this;
    for (let word = 0; word < 4; word++) {
      words[word] = a[word]!;
      words[4 + word] = b[word]!;
    }
    words[8] = (aPort << 16) | bPort;
    return this;
  }

  /** The two ends of a packet, its source or its destination first. */
  setPacket(ip: IpView, tcp: TcpView, isSourceFirst: boolean): this {
    const { words } = this;
    const a = isSourceFirst ? 0 : 4;
    const b = 4 - a;
    words[a] = ip.source(0);
    words[a + 1] = ip.source(1);
    words[a + 2] = ip.source(2);
    words[a + 3] = ip.source(3);
    words[b] = ip.destination(0);
    words[b + 1] = ip.destination(1);
    words[b + 2] = ip.destination(2);
    words[b + 3] = ip.destination(3);
    words[8] = isSourceFirst ? (tcp.sourcePort << 16) | tcp.destinationPort : (tcp.destinationPort << 16) | tcp.sourcePort;
    return this;
  }
}

/** Maps a flow to a value of any kind. The seed keeps strangers from choosing addresses that collide. */
export class FlowTable<Value> {
  readonly #seed: number;
  #index: Int32Array;
  #mask: number;
  readonly #keys = listOfObjects<Int32Array>();
  #values: (Value | undefined)[] = [];
  #freeEntries: number[] = [];
  size = 0;

  constructor(seed: number, capacity = 1024) {
    this.#seed = seed | 0;
    this.#index = new Int32Array(capacity * 2);
    this.#mask = capacity - 1;
  }

  get(key: FlowKey): Value | undefined {
    const slot = this.#find(key.words, this.#hash(key.words));
    return slot < 0 ? undefined : this.#values[this.#index[slot * 2 + 1]! - 1];
  }

  /** Replaces what the key had before. */
  set(key: FlowKey, value: Value): void {
    const hash = this.#hash(key.words);
    let slot = this.#find(key.words, hash);
    if (slot >= 0) {
      this.#values[this.#index[slot * 2 + 1]! - 1] = value;
      return;
    }
    if ((this.size + 1) * 4 > (this.#mask + 1) * 3) {
      this.#growIndex();
      slot = this.#find(key.words, hash);
    }
    const entry = this.#freeEntries.pop() ?? this.#values.length;
    if (entry >> CHUNK_BITS === this.#keys.length) this.#keys.push(new Int32Array(KEY << CHUNK_BITS));
    this.#keys[entry >> CHUNK_BITS]!.set(key.words, (entry & IN_CHUNK) * KEY);
    this.#values[entry] = value;
    this.#index[~slot * 2] = hash;
    this.#index[~slot * 2 + 1] = entry + 1;
    this.size++;
  }

  /** Removes the key if it still leads to this value. */
  delete(key: FlowKey, value: Value): boolean {
    let slot = this.#find(key.words, this.#hash(key.words));
    if (slot < 0) return false;
    const index = this.#index;
    const mask = this.#mask;
    const entry = index[slot * 2 + 1]! - 1;
    if (this.#values[entry] !== value) return false;
    this.#values[entry] = undefined;
    this.#freeEntries.push(entry);
    this.size--;
    for (let next = (slot + 1) & mask; index[next * 2 + 1] !== FREE; next = (next + 1) & mask) {
      const home = index[next * 2]! & mask; // close the hole, so that a search may stop at the first free slot
      if (((next - home) & mask) < ((next - slot) & mask)) continue;
      index[slot * 2] = index[next * 2]!;
      index[slot * 2 + 1] = index[next * 2 + 1]!;
      slot = next;
    }
    index[slot * 2 + 1] = FREE;
    return true;
  }

  /** Places of values, those included that are free. */
  get entries(): number {
    return this.#values.length;
  }
  valueAt(entry: number): Value | undefined {
    return this.#values[entry];
  }

  *values(): IterableIterator<Value> {
    for (const value of this.#values) if (value !== undefined) yield value;
  }

  #hash(words: Int32Array): number {
    let hash = this.#seed;
    for (let word = 0; word < KEY; word++) {
      hash = Math.imul(hash ^ words[word]!, 0x5bd1e995);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  /** The slot of the key, or ~ of the free one where it belongs. */
  #find(words: Int32Array, hash: number): number {
    const index = this.#index;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entry = index[slot * 2 + 1]!;
      if (entry === FREE) return ~slot;
      if (index[slot * 2] === hash && this.#isKey(entry - 1, words)) return slot;
    }
  }

  #isKey(entry: number, words: Int32Array): boolean {
    const keys = this.#keys[entry >> CHUNK_BITS]!;
    const at = (entry & IN_CHUNK) * KEY;
    for (let word = 0; word < KEY; word++) if (keys[at + word] !== words[word]) return false;
    return true;
  }

  #growIndex(): void {
    const old = this.#index;
    const mask = (this.#mask + 1) * 2 - 1;
    const index = new Int32Array((mask + 1) * 2);
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] === FREE) continue;
      let slot = old[at]! & mask;
      while (index[slot * 2 + 1] !== FREE) slot = (slot + 1) & mask;
      index[slot * 2] = old[at]!;
      index[slot * 2 + 1] = old[at + 1]!;
    }
    this.#index = index;
    this.#mask = mask;
  }
}
