// The embedded database answers in the same turn of the event loop, and awaiting it lets nothing else have one. Long work asks here for a pause.

const LONG_MS = 8;

export class Turns {
  #sinceMs = performance.now();

  /** Where other work may have its turn, if this has lasted for long. */
  async pause(): Promise<void> {
    if (performance.now() - this.#sinceMs < LONG_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#sinceMs = performance.now();
  }
}
