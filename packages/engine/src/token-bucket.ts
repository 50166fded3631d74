/** So many at once, and so many a second from then on (as the token bucket of RFC 2697 counts). */
export class TokenBucket {
  readonly #perMs: number;
  readonly #most: number;
  #tokens: number;
  #atMs: number;

  constructor(atOnce: number, perSecond: number, nowMs: number) {
    this.#most = this.#tokens = atOnce;
    this.#perMs = perSecond / 1000;
    this.#atMs = nowMs;
  }

  /** True if one more is within the rate; then it is counted. */
  take(nowMs: number): boolean {
    if (nowMs > this.#atMs) {
      this.#tokens = Math.min(this.#most, this.#tokens + (nowMs - this.#atMs) * this.#perMs);
      this.#atMs = nowMs;
    }
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
