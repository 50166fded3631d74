// Where the online server had nothing more to say for the moment: the ends of its pushed segments (RFC 9293 §3.9.1).

const KEPT = 64;

/** The last of them, as sequence numbers. A session has a few of them mostly: a typed array for all would take memory of its own, beyond V8's. */
export class Pushes {
  #ends: number[] = [];
  #count = 0;

  add(end: number): void {
    if (this.#count === 0)
      this.#ends = [end]; // pushed, it would reserve room for sixteen more
    else this.#ends[this.#count % KEPT] = end;
    this.#count++;
  }
  has(end: number): boolean {
    return this.#ends.includes(end);
  }
  /** Those that are kept, oldest first. */
  ends(): number[] {
    const kept = this.#ends.length;
    return Array.from({ length: kept }, (_, index) => this.#ends[(this.#count - kept + index) % KEPT]!);
  }
}
