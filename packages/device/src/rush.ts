// Whether so much comes that a short wait pays: what comes meanwhile is then taken at once, and each turn, system call and waking of others serves several packets.

/** The rate is looked at over at least so long, ms. */
const WATCH_MS = 1;
/** With so many frames in a turn there is nothing to be gained by waiting for more. */
const ENOUGH_FRAMES = 64;

export class Rush {
  readonly #framesPerMs: number;
  #frames = 0;
  #sinceMs = 0;
  #isOn = false;

  /** A rush is when at least `framesPerMs` come. */
  constructor(framesPerMs: number) {
    this.#framesPerMs = framesPerMs;
  }

  /** A turn that took `frames` has ended. Is a wait worth it before the next one? */
  isWaitWorth(frames: number, nowMs: number): boolean {
    this.#frames += frames;
    const spanMs = nowMs - this.#sinceMs;
    if (spanMs >= WATCH_MS) {
      this.#isOn = this.#frames >= spanMs * this.#framesPerMs;
      this.#frames = 0;
      this.#sinceMs = nowMs;
    }
    return this.#isOn && frames < ENOUGH_FRAMES;
  }
}
