// How far the answers that reach the engine lie behind the wire: a busy assistant, relay or packet path delays all of them alike.

const WINDOW_MS = 60_000;
/** A lag above this is rather a clock that was set. */
const MOST_MS = 1000;

/** Fed with every answer. The shortest way of the last one to two windows holds the clocks' difference; what an answer took beyond it is its lag. */
export class AnswerLag {
  #leastMs = Number.POSITIVE_INFINITY;
  #windowLeastMs = Number.POSITIVE_INFINITY;
  #windowEndsMs = 0;
  #lagMs = 0;
  #heardAtMs = Number.NEGATIVE_INFINITY;

  /** An answer that was captured at `capturedAtUs` (the assistant's clock) is looked at only now. */
  offer(capturedAtUs: number, nowMs: number): void {
    const tookMs = nowMs - capturedAtUs / 1000;
    if (nowMs >= this.#windowEndsMs) {
      this.#leastMs = this.#windowLeastMs;
      this.#windowLeastMs = Number.POSITIVE_INFINITY;
      this.#windowEndsMs = nowMs + WINDOW_MS;
    }
    this.#windowLeastMs = Math.min(this.#windowLeastMs, tookMs);
    this.#leastMs = Math.min(this.#leastMs, tookMs);
    this.#lagMs = Math.min(tookMs - this.#leastMs, MOST_MS);
    this.#heardAtMs = nowMs;
  }

  /** What was answered less than so many ms ago may not have been heard yet. 0 once nothing has come for as long as the lag was: then nothing waits. */
  at(nowMs: number): number {
    return nowMs - this.#heardAtMs < this.#lagMs ? this.#lagMs : 0;
  }
}
