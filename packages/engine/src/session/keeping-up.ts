// Whether copies keep up with their clients: one that still waits for the target's answer when its client speaks again has a longer round trip than the client has.

/** Looked at over so many segments of clients. */
const WATCHED = 64;
/** With so many of them late, copies fall behind. */
const LATE = 16;

export class KeepingUp {
  #said = 0;
  #late = 0;
  isBehind = false;

  /** A client said something; had its copy to wait with it? */
  note(isLate: boolean): void {
    if (isLate) this.#late++;
    if (++this.#said < WATCHED) return;
    this.isBehind = this.#late >= LATE;
    this.#said = this.#late = 0;
  }
}
