// Finds the session or copy of a packet: open addressing on one Int32Array, nothing allocated by a look-up.
import type { AddressWords } from '@parallax/wire';

const STRIDE = 10; // address a (4 words), address b (4), both ports, value + 1
const VALUE = 9;

/** The two ends of a flow as one key; one instance is filled again for each packet. */
export class FlowKey {
  readonly words = new Int32Array(STRIDE - 1);

  set(a: AddressWords, aPort: number, b: AddressWords, bPort: number): this {
    const { words } = this;
    for (let word = 0; word < 4; word++) {
      words[word] = a[word]!;
      words[4 + word] = b[word]!;
    }
    words[8] = (aPort << 16) | bPort;
    return this;
  }
}

/** Maps a flow to a value of any kind. The seed keeps strangers from choosing addresses that collide. */
export class FlowTable<Value> {
  #slots: Int32Array;
  #mask: number;
  #seed: number;
  #values: (Value | undefined)[] = [];
  #freeValues: number[] = [];
  size = 0;

  constructor(seed: number, capacity = 1024) {
    this.#seed = seed | 0;
    this.#slots = new Int32Array(capacity * STRIDE);
    this.#mask = capacity - 1;
  }

  #hash(words: Int32Array, at: number): number {
    let hash = this.#seed;
    for (let word = 0; word < VALUE; word++) {
      hash = Math.imul(hash ^ words[at + word]!, 0x5bd1e995);
      hash ^= hash >>> 15;
    }
    return hash & this.#mask;
  }

  #find(words: Int32Array): number {
    const slots = this.#slots;
    for (let slot = this.#hash(words, 0); ; slot = (slot + 1) & this.#mask) {
      const at = slot * STRIDE;
      if (slots[at + VALUE] === 0) return ~slot;
      let word = 8; // ports differ most often
      while (word >= 0 && slots[at + word] === words[word]) word--;
      if (word < 0) return slot;
    }
  }

  get(key: FlowKey): Value | undefined {
    const slot = this.#find(key.words);
    return slot < 0 ? undefined : this.#values[this.#slots[slot * STRIDE + VALUE]! - 1];
  }

  /** Replaces what the key had before. */
  set(key: FlowKey, value: Value): void {
    let slot = this.#find(key.words);
    if (slot >= 0) {
      this.#values[this.#slots[slot * STRIDE + VALUE]! - 1] = value;
      return;
    }
    if ((this.size + 1) * 2 > this.#mask) {
      this.#grow();
      slot = this.#find(key.words);
    }
    const index = this.#freeValues.pop() ?? this.#values.length;
    this.#values[index] = value;
    const at = ~slot * STRIDE;
    this.#slots.set(key.words, at);
    this.#slots[at + VALUE] = index + 1;
    this.size++;
  }

  /** Removes the key if it still leads to this value. */
  delete(key: FlowKey, value: Value): boolean {
    let slot = this.#find(key.words);
    if (slot < 0) return false;
    const slots = this.#slots;
    const index = slots[slot * STRIDE + VALUE]! - 1;
    if (this.#values[index] !== value) return false;
    this.#values[index] = undefined;
    this.#freeValues.push(index);
    this.size--;
    for (let next = (slot + 1) & this.#mask; slots[next * STRIDE + VALUE] !== 0; next = (next + 1) & this.#mask) {
      const home = this.#hash(slots, next * STRIDE); // close the hole, so that a search may stop at the first empty slot
      if (((next - home) & this.#mask) < ((next - slot) & this.#mask)) continue;
      slots.copyWithin(slot * STRIDE, next * STRIDE, (next + 1) * STRIDE);
      slot = next;
    }
    slots[slot * STRIDE + VALUE] = 0;
    return true;
  }

  *values(): IterableIterator<Value> {
    for (const value of this.#values) if (value !== undefined) yield value;
  }

  #grow(): void {
    const old = this.#slots;
    const capacity = (this.#mask + 1) * 2;
    this.#slots = new Int32Array(capacity * STRIDE);
    this.#mask = capacity - 1;
    for (let at = 0; at < old.length; at += STRIDE) {
      if (old[at + VALUE] === 0) continue;
      let slot = this.#hash(old, at);
      while (this.#slots[slot * STRIDE + VALUE] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots.set(old.subarray(at, at + STRIDE), slot * STRIDE);
    }
  }
}
