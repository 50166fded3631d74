// Brings together what several packet paths tell of the same second. One that is late is not waited for long: what it tells then counts in a later second.

/** Paths tell a second at its end; one that has so much to do that it is later than this misses it, ms. */
const WAIT_MS = 400;

interface Pending<Part> {
  readonly second: number;
  readonly parts: Part[];
  readonly from: Set<number>;
}

export class Gathering<Part> {
  readonly #living: () => readonly number[];
  readonly #whole: (parts: readonly Part[], second: number) => void;
  #pending: Pending<Part>[] = [];
  #told = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** `living` says whose parts are still to be expected; `whole` gets those of one second and its end, s since 1970, which only grows. */
  constructor(living: () => readonly number[], whole: (parts: readonly Part[], second: number) => void) {
    this.#living = living;
    this.#whole = whole;
  }

  /** A path told its part of the second that ended at about `atMs`, ms since 1970. */
  add(path: number, part: Part, atMs: number): void {
    let second = Math.max(Math.round(atMs / 1000), this.#told + 1);
    while (this.#pending.some((each) => each.second === second && each.from.has(path))) second++;
    let pending = this.#pending.find((each) => each.second === second);
    if (pending === undefined) {
      pending = { second, parts: [], from: new Set() };
      this.#pending.push(pending);
      this.#pending.sort((a, b) => a.second - b.second);
    }
    pending.parts.push(part);
    pending.from.add(path);
    this.check();
  }

  /** Perhaps a path that was waited for is gone. */
  check(): void {
    const living = this.#living();
    const complete = this.#pending.findLastIndex(({ from }) => living.every((path) => from.has(path)));
    this.#tell(complete + 1); // nothing more comes of the seconds before
    if (this.#pending.length === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#tell(1);
        this.check();
      }, WAIT_MS);
    }
  }

  /** What is pending is told at once. */
  end(): void {
    clearTimeout(this.#timer);
    this.#tell(this.#pending.length);
  }

  #tell(count: number): void {
    for (const { second, parts } of this.#pending.splice(0, count)) {
      this.#told = second;
      this.#whole(parts, second);
    }
  }
}
