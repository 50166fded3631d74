// Timers by the millisecond. Re-arming for later costs nothing: an entry that fires too early is put back.

const SLOTS = 4096;

/** Something with one deadline. `wheelAtMs` belongs to the wheel; -1 while it is not on it. */
export interface Timed {
  /** When it wants to be called, whole ms; 0 for never. */
  deadlineMs: number;
  wheelAtMs: number;
}

export class TimerWheel<T extends Timed> {
  readonly #slots: T[][] = Array.from({ length: SLOTS }, () => []);
  #doneMs: number;
  /** Entries on the wheel. */
  size = 0;

  constructor(nowMs: number) {
    this.#doneMs = Math.floor(nowMs);
  }

  /** Make sure that the item is called at its deadline or at most a millisecond later. */
  arm(item: T): void {
    if (item.deadlineMs === 0) return;
    if (item.wheelAtMs !== -1 && item.wheelAtMs <= item.deadlineMs) return;
    this.disarm(item);
    const atMs = Math.min(Math.max(item.deadlineMs, this.#doneMs + 1), this.#doneMs + SLOTS - 1);
    item.wheelAtMs = atMs;
    this.#slots[atMs % SLOTS]!.push(item);
    this.size++;
  }

  /** It is not called any more, and the wheel does not keep it from being collected. */
  disarm(item: T): void {
    if (item.wheelAtMs === -1) return;
    const slot = this.#slots[item.wheelAtMs % SLOTS]!;
    const at = slot.indexOf(item);
    item.wheelAtMs = -1;
    if (at < 0) return; // it is among those that are being called
    this.size--;
    if (slot.length === 1)
      slot.length = 0; // gives its room back, which `pop` does not
    else {
      const last = slot.pop()!;
      if (last !== item) slot[at] = last;
    }
  }

  /** Call every item whose deadline has come. Deadlines set meanwhile are honoured from the next call on. */
  advance(nowMs: number, fire: (item: T) => void): void {
    const untilMs = Math.floor(nowMs);
    if (this.size === 0) {
      this.#doneMs = Math.max(this.#doneMs, untilMs);
      return;
    }
    if (untilMs - this.#doneMs > SLOTS) this.#doneMs = untilMs - SLOTS; // slept through a whole turn: visit every slot once
    while (this.#doneMs < untilMs) {
      this.#doneMs++;
      const slot = this.#slots[this.#doneMs % SLOTS]!;
      if (slot.length === 0) continue;
      const due = slot.splice(0);
      this.size -= due.length;
      for (const item of due) {
        if (item.wheelAtMs === -1 || item.wheelAtMs > this.#doneMs) continue; // disarmed or armed anew by one that was called before it
        item.wheelAtMs = -1;
        if (item.deadlineMs === 0) continue;
        if (item.deadlineMs <= untilMs) fire(item);
        else this.arm(item);
      }
    }
  }
}
