/** A byte stream that only grows, kept whole. */
export class Bytes {
  #store = new Uint8Array(1024);
  length = 0;

  append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.#store.length) {
      const bigger = new Uint8Array(Math.max(this.#store.length * 2, this.length + bytes.length));
      bigger.set(this.#store.subarray(0, this.length));
      this.#store = bigger;
    }
    this.#store.set(bytes, this.length);
    this.length += bytes.length;
  }
  /** A copy of bytes [from, to). */
  slice(from: number, to: number): Uint8Array {
    return this.#store.slice(from, to);
  }
  at(index: number): number {
    return this.#store[index]!;
  }
  /** True if `bytes` are what this stream holds from `from` on. */
  has(from: number, bytes: Uint8Array): boolean {
    if (from < 0 || from + bytes.length > this.length) return false;
    for (let index = 0; index < bytes.length; index++) if (this.#store[from + index] !== bytes[index]) return false;
    return true;
  }
}
