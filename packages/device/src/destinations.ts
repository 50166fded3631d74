// The last check before the kernel: which destinations packets may have.
import { parseAddress, parsePort } from './address.ts';

const STRIDE = 6; // ordinal + 1 (0: free), four address words, port
const TCP = 6;

/** A set of (address, port) that is asked with bytes of a packet. Asking allocates nothing. */
export class Destinations {
  readonly #view: DataView;
  #table = new Int32Array(STRIDE);
  #mask = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  /** Replace the set. Throws, leaving the former set, if an address or a port is not one. */
  replace(destinations: readonly { address: string; port: number }[]): void {
    let capacity = 1;
    while (capacity < destinations.length * 2 + 1) capacity *= 2;
    const table = new Int32Array(capacity * STRIDE);
    for (const [ordinal, { address, port }] of destinations.entries()) {
      const [w0, w1, w2, w3] = parseAddress(address).words;
      let slot = hash(w0, w1, w2, w3, parsePort(port)) & (capacity - 1);
      while (table[slot * STRIDE] !== 0) slot = (slot + 1) & (capacity - 1);
      table.set([ordinal + 1, w0, w1, w2, w3, port], slot * STRIDE);
    }
    this.#table = table;
    this.#mask = capacity - 1;
  }

  /** The ordinal, in the list given, of the allowed destination that a TCP packet goes to; -1 if it is anything else, a fragment or cut off. */
  permit(at: number, lengthBytes: number): number {
    const view = this.#view;
    if (lengthBytes < 40) return -1;
    const version = view.getUint8(at) >> 4;
    if (version === 4) {
      const headerBytes = (view.getUint8(at) & 0x0f) * 4;
      if (headerBytes < 20 || headerBytes + 20 > lengthBytes) return -1;
      if (view.getUint8(at + 9) !== TCP || (view.getUint16(at + 6) & 0x3fff) !== 0) return -1;
      return this.#find(0, 0, 0xffff, view.getInt32(at + 16), view.getUint16(at + headerBytes + 2));
    }
    if (version !== 6 || lengthBytes < 60 || view.getUint8(at + 6) !== TCP) return -1;
    return this.#find(view.getInt32(at + 24), view.getInt32(at + 28), view.getInt32(at + 32), view.getInt32(at + 36), view.getUint16(at + 42));
  }

  #find(w0: number, w1: number, w2: number, w3: number, port: number): number {
    const table = this.#table;
    for (let slot = hash(w0, w1, w2, w3, port) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * STRIDE;
      if (table[at] === 0) return -1; // at least one is free: the table is never full
      if (table[at + 4] === w3 && table[at + 5] === port && table[at + 3] === w2 && table[at + 2] === w1 && table[at + 1] === w0) return table[at]! - 1;
    }
  }
}

function hash(w0: number, w1: number, w2: number, w3: number, port: number): number {
  let h = Math.imul(w3 ^ (port << 16) ^ port, 0x9e3779b1) ^ Math.imul(w0 ^ w1, 0x85ebca6b) ^ Math.imul(w2, 0xc2b2ae35);
  h ^= h >>> 15;
  return Math.imul(h, 0x27d4eb2f) >>> 8;
}
