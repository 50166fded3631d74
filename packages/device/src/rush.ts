// Whether so much comes that a short wait pays: what comes meanwhile is then taken at once, and each turn, system call and waking of others serves several packets.

/** The rate is looked at over at least so long, ms. */
const WATCH_MS = 1;
/** A great rush has so many times the frames of a rush. */
const GREAT = 3;
/** The kernel adds some 50 µs to a wait. */
const WAIT_MS = 0.1;
const LONG_WAIT_MS = 0.25;
/** With so many frames in a turn there is nothing to be gained by waiting for more. */
const ENOUGH_FRAMES = 64;

export class Rush {
  readonly #framesPerMs: number;
  #frames = 0;
  #sinceMs = 0;
  #isOn = false;
  #isGreat = false;

  /** A rush is when at least `framesPerMs` come. */
  constructor(framesPerMs: number) {
    this.#framesPerMs = framesPerMs;
  }

  /** A turn that took `frames` has ended: how long to wait before the next one, ms; in a great rush longer, if it `mayLinger`. */
  waitMs(frames: number, nowMs: number, mayLinger: boolean): number {
    this.#frames += frames;
    const spanMs = nowMs - this.#sinceMs;
    if (spanMs >= WATCH_MS) {
      this.#isOn = this.#frames >= spanMs * this.#framesPerMs;
      this.#isGreat = this.#frames >= spanMs * this.#framesPerMs * GREAT;
      this.#frames = 0;
      this.#sinceMs = nowMs;
    }
    if (!this.#isOn || frames >= ENOUGH_FRAMES) return 0;
    return this.#isGreat && mayLinger ? LONG_WAIT_MS : WAIT_MS;
  }
}
