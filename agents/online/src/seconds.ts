// The seconds of this host's clock, each named once.

/** A timer may be early by so much. */
const EARLY_MS = 100;
/** A clock set back by more than this is believed. */
const SET_BACK_MS = 5000;

/** Names the second that has just ended at `nowMs`, ms since 1970; null while a clock that was set back has not passed what was named before. */
export class Seconds {
  #lastMs = 0;

  ended(nowMs: number): number | null {
    const secondMs = Math.floor((nowMs + EARLY_MS) / 1000) * 1000 - 1000;
    if (secondMs <= this.#lastMs && secondMs > this.#lastMs - SET_BACK_MS) return null;
    this.#lastMs = secondMs;
    return secondMs;
  }
}

/** Calls at the end of every second of the clock. */
export function everySecond(call: () => void): void {
  setTimeout(
    () => {
      call();
      everySecond(call);
    },
    1000 - (Date.now() % 1000),
  );
}
