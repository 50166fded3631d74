/** Counts failures by key; refuses after `limit` within `windowMs`. Bounded: the oldest key goes first. */
export class FailureLimit {
  #failures = new Map<string, number[]>();
  #limit: number;
  #windowMs: number;
  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** How long the key has to wait; 0 if it may try now. */
  waitMs(key: string, nowMs: number): number {
    const recent = (this.#failures.get(key) ?? []).filter((atMs) => nowMs - atMs < this.#windowMs);
    const oldest = recent[0];
    return oldest === undefined || recent.length < this.#limit ? 0 : oldest + this.#windowMs - nowMs;
  }

  fail(key: string, nowMs: number): void {
    const recent = (this.#failures.get(key) ?? []).filter((atMs) => nowMs - atMs < this.#windowMs);
    this.#failures.delete(key);
    this.#failures.set(key, [...recent, nowMs]);
    const oldest = this.#failures.keys().next().value;
    if (this.#failures.size > 10_000 && oldest !== undefined) this.#failures.delete(oldest);
  }

  clear(key: string): void {
    this.#failures.delete(key);
  }
}
