// Where the online server had nothing more to say for the moment: the ends of its pushed segments (RFC 9293 §3.9.1).

const KEPT = 64;

/** The last of them, as sequence numbers. */
export class Pushes {
  readonly #ends = new Int32Array(KEPT);
  #count = 0;

  add(end: number): void {
    this.#ends[this.#count++ % KEPT] = end;
  }
  has(end: number): boolean {
    for (let index = Math.min(this.#count, KEPT) - 1; index >= 0; index--) if (this.#ends[index] === end) return true;
    return false;
  }
  /** Those that are kept, oldest first. */
  ends(): number[] {
    const kept = Math.min(this.#count, KEPT);
    return Array.from({ length: kept }, (_, index) => this.#ends[(this.#count - kept + index) % KEPT]!);
  }
}
