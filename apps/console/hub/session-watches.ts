/** Which mappings' sessions are looked at, by how many. An agent is asked once, however many look. */
export class SessionWatches {
  #watched = new Map<string, Set<unknown>>();
  #ask: (mappingId: string, on: boolean) => void;

  /** `ask` is called when the first viewer comes and when the last one has gone. */
  constructor(ask: (mappingId: string, on: boolean) => void) {
    this.#ask = ask;
  }

  isWatched(mappingId: string): boolean {
    return this.#watched.has(mappingId);
  }

  add(mappingId: string, viewer: unknown): void {
    const viewers = this.#watched.get(mappingId) ?? new Set();
    this.#watched.set(mappingId, viewers.add(viewer));
    if (viewers.size === 1) this.#ask(mappingId, true);
  }

  remove(mappingId: string, viewer: unknown): void {
    const viewers = this.#watched.get(mappingId);
    if (!viewers?.delete(viewer) || viewers.size > 0) return;
    this.#watched.delete(mappingId);
    this.#ask(mappingId, false);
  }
}
