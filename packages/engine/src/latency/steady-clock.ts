// The kernel stamps packets with the host's clock, which may be set at any moment. Here those times become times of a clock that never is.
import { NO_TIME_US } from './plausible.ts';

/** Two readings of the same clocks agree within this, ms. */
const SLACK_MS = 0.05;
/** A packet waits at most so long between the kernel's stamp and its reading, as far as this is concerned. */
const WAIT_MS = 200;
/** Readings until the end of a millisecond is hit without being interrupted. */
const MOST_EDGES = 20;

export interface Clocks {
  /** Milliseconds since 1970, whole ones: the clock that may be set. */
  wallMs(): number;
  /** Milliseconds of a clock that is never set. */
  steadyMs(): number;
}

/**
 * The wall clock is known in whole milliseconds only, so one reading bounds wall minus steady to a millisecond. All readings together bound it to
 * a few µs, and one that does not fit tells that the clock was set, whenever it is by more than what is left between the bounds:
 *
 *   wall - steady   ──[═══════]────────  a reading
 *                   ─────[═══════]─────  another
 *                   ─────[════]────────  what is known
 *                   ─────────────[═══]─  this one does not fit: the clock was set
 */
export class SteadyClock {
  readonly #clocks: Clocks;
  readonly #onSet: (stepUs: number) => void;
  #lowMs = 0;
  #highMs = 0;
  #lookedAtMs: number;
  /** By how much the clock was set since this began, µs. */
  #shiftUs = 0;
  /** Just after the clock was set: which times may be of the clock as it was, and which of the one that it is now. */
  #doubt: { oldFirstUs: number; oldLastUs: number; oldShiftUs: number; newFirstUs: number; newLastUs: number; endsAtMs: number } | null = null;

  /** `onSet` hears by how much the clock was set, µs. */
  constructor(clocks: Clocks, onSet: (stepUs: number) => void) {
    this.#clocks = clocks;
    this.#onSet = onSet;
    [this.#lowMs, this.#highMs] = this.#measure();
    this.#lookedAtMs = clocks.steadyMs();
  }

  /** Compares both clocks. To be called before packets are read, and at least once a second. */
  look(): void {
    const { wallMs, steadyMs } = this.#clocks;
    const beforeMs = steadyMs();
    const wall = wallMs();
    const afterMs = steadyMs();
    const lowMs = wall - afterMs;
    const highMs = wall + 1 - beforeMs;
    if (this.#doubt !== null && afterMs > this.#doubt.endsAtMs) this.#doubt = null;
    if (lowMs <= this.#highMs + SLACK_MS && highMs >= this.#lowMs - SLACK_MS) {
      if (lowMs > this.#lowMs) this.#lowMs = Math.min(lowMs, this.#highMs);
      if (highMs < this.#highMs) this.#highMs = Math.max(highMs, this.#lowMs);
      this.#lookedAtMs = afterMs;
      return;
    }
    const oldMs = (this.#lowMs + this.#highMs) / 2;
    const [newLowMs, newHighMs] = this.#measure();
    const newMs = (newLowMs + newHighMs) / 2;
    const foundAtMs = steadyMs();
    this.#doubt = {
      oldFirstUs: (oldMs + this.#lookedAtMs - WAIT_MS) * 1000,
      oldLastUs: (oldMs + foundAtMs) * 1000,
      oldShiftUs: this.#shiftUs,
      newFirstUs: (newMs + this.#lookedAtMs) * 1000,
      newLastUs: (newMs + foundAtMs + WAIT_MS) * 1000,
      endsAtMs: foundAtMs + WAIT_MS,
    };
    const stepUs = Math.round((newMs - oldMs) * 1000);
    this.#shiftUs += stepUs;
    [this.#lowMs, this.#highMs] = [newLowMs, newHighMs];
    this.#lookedAtMs = foundAtMs;
    this.#onSet(stepUs);
  }

  /** The time of a packet, µs since 1970 by the clock as it was when this began; NO_TIME_US if the packet may be from before or after the clock was set. */
  of(capturedAtUs: number): number {
    const doubt = this.#doubt;
    if (doubt === null) return capturedAtUs - this.#shiftUs;
    const mayBeOld = capturedAtUs >= doubt.oldFirstUs && capturedAtUs <= doubt.oldLastUs;
    const mayBeNew = capturedAtUs >= doubt.newFirstUs && capturedAtUs <= doubt.newLastUs;
    if (mayBeOld === mayBeNew) return NO_TIME_US;
    return capturedAtUs - (mayBeOld ? doubt.oldShiftUs : this.#shiftUs);
  }

  /** Bounds of wall minus steady, ms, read at the end of a millisecond: that takes one. */
  #measure(): [lowMs: number, highMs: number] {
    const { wallMs, steadyMs } = this.#clocks;
    let best: [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let edge = 0; edge < MOST_EDGES && best[1] - best[0] > SLACK_MS / 5; edge++) {
      // The millisecond ends between the last reading that does not know it and the first that does; this process may be interrupted between any two.
      let lastMs = steadyMs();
      const ending = wallMs();
      let nowMs = steadyMs();
      let wall = wallMs();
      while (wall === ending) {
        lastMs = nowMs;
        nowMs = steadyMs();
        wall = wallMs();
      }
      const afterMs = steadyMs();
      if (afterMs - lastMs < best[1] - best[0]) best = [wall - afterMs, wall - lastMs];
    }
    return best;
  }
}
