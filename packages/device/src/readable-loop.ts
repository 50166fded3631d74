// When to call the consumer: bounded rounds on Node's event loop, naps in a rush, a few looks more after a burst, then sleep.
import { Rush } from './rush.ts';

/** Frames handed out before other work of the event loop gets its turn: 8 batches of 64. */
export const ROUND_FRAMES = 512;
/** Under a backlog that outlasts rounds, taking in comes first: what waits in the kernel is lost when it overflows, what was taken is not. Some 10 ms. */
const LONG_ROUND_FRAMES = 8192;
const FULL_ROUNDS = 4;
/** Turns of the event loop spent looking again after a burst before the descriptor wakes us: 2 µs each, where waking costs 50; more of them find little. */
const IDLE_TURNS = 2;
/** Nobody wakes who sleeps here. */
const bed = new Int32Array(new SharedArrayBuffer(4));

/** Calls a listener in rounds for as long as `waiting` says so. The owner wakes it when frames may have come. */
export class ReadableLoop {
  readonly #waiting: () => boolean;
  #listener: (() => void) | null = null;
  #mayLinger: () => boolean = () => false;
  #scheduled: NodeJS.Immediate | null = null;
  readonly #rush: Rush;
  #idleTurns = 0;
  /** Rounds in a row that did not reach the end of what waited. */
  #fullRounds = 0;
  /** Frames that may still be handed out in this round; unlimited outside of rounds. */
  roundLeft = Number.MAX_SAFE_INTEGER;

  /** In a rush of so many frames a millisecond, the process naps between rounds. */
  constructor(waiting: () => boolean, rushFramesPerMs = Number.POSITIVE_INFINITY) {
    this.#waiting = waiting;
    this.#rush = new Rush(rushFramesPerMs);
  }

  /** In a great rush it naps longer while `mayLinger` says that nobody waits for what comes next. */
  listen(listener: () => void, mayLinger?: () => boolean): void {
    this.#listener = listener;
    if (mayLinger !== undefined) this.#mayLinger = mayLinger;
    this.wake();
  }

  /** A round follows on the event loop, in a turn of its own: there, Node runs what the listener left to promises. */
  wake(): void {
    if (this.#listener !== null) this.#scheduled ??= setImmediate(this.#turn);
  }

  stop(): void {
    this.#listener = null;
    if (this.#scheduled !== null) clearImmediate(this.#scheduled);
    this.#scheduled = null;
  }

  readonly #turn = (): void => {
    this.#scheduled = null;
    if (this.#waiting()) {
      this.#idleTurns = IDLE_TURNS;
      const most = this.#fullRounds < FULL_ROUNDS ? ROUND_FRAMES : LONG_ROUND_FRAMES;
      this.roundLeft = most;
      try {
        this.#listener?.();
      } finally {
        const taken = most - this.roundLeft;
        this.#fullRounds = this.roundLeft > 0 ? 0 : this.#fullRounds + 1;
        this.roundLeft = Number.MAX_SAFE_INTEGER;
        this.wake();
        const napMs = this.#rush.waitMs(taken, performance.now(), this.#mayLinger());
        if (napMs > 0) Atomics.wait(bed, 0, 0, napMs);
      }
    } else if (this.#idleTurns > 0) {
      this.#idleTurns--;
      this.wake();
    }
  };
}
