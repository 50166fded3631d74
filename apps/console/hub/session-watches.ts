import { MOST_FOLLOWED } from '@parallax/protocol';

/** What an agent is asked of a mapping's sessions: to list them or not, and which of them to follow segment by segment. */
export type Watch = { on: boolean; followed: string[] };

/** Which mappings' sessions are looked at, by whom, and which one each follows. An agent is asked once, however many look. */
export class SessionWatches {
  #watched = new Map<string, Map<unknown, string | null>>();
  #ask: (mappingId: string, watch: Watch) => void;

  /** `ask` is called when the first viewer comes, when the last one has gone, and when others are followed. */
  constructor(ask: (mappingId: string, watch: Watch) => void) {
    this.#ask = ask;
  }

  of(mappingId: string): Watch {
    const viewers = this.#watched.get(mappingId);
    const followed = new Set([...(viewers?.values() ?? [])].filter((id) => id !== null));
    return { on: viewers !== undefined, followed: [...followed].slice(0, MOST_FOLLOWED) };
  }

  /** The viewer looks at the mapping's sessions, and follows this one or none. */
  set(mappingId: string, viewer: unknown, sessionId: string | null): void {
    this.#change(mappingId, () => {
      const viewers = this.#watched.get(mappingId) ?? new Map<unknown, string | null>();
      this.#watched.set(mappingId, viewers.set(viewer, sessionId));
    });
  }

  remove(mappingId: string, viewer: unknown): void {
    this.#change(mappingId, () => {
      const viewers = this.#watched.get(mappingId);
      if (viewers?.delete(viewer) && viewers.size === 0) this.#watched.delete(mappingId);
    });
  }

  #change(mappingId: string, change: () => void): void {
    const before = JSON.stringify(this.of(mappingId));
    change();
    const watch = this.of(mappingId);
    if (JSON.stringify(watch) !== before) this.#ask(mappingId, watch);
  }
}
