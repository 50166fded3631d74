// Where the capture lost packets, the end of a session may be among them, and nothing captured later tells. The kernel's own list of connections does.
import { readConnections } from '@parallax/device';
import type { Engine, Session } from '@parallax/engine';

/** Looked at so long after packets were lost: some ends are still on their way the first time. */
const LOOK_AFTER_MS = [2000, 10_000, 60_000];
/** Packets were lost within so long of when that was noticed. */
const NOTICED_WITHIN_MS = 1500;

export class LostEnds {
  readonly #engine: Engine;
  readonly #leave: () => void;
  #noticedAtMs = Number.NEGATIVE_INFINITY;
  #looked = LOOK_AFTER_MS.length;

  /** `leave` sends what was decided. */
  constructor(engine: Engine, leave: () => void) {
    this.#engine = engine;
    this.#leave = leave;
  }

  /** The kernel lost packets of the capture. */
  notice(nowMs: number): void {
    this.#noticedAtMs = nowMs;
    this.#looked = 0;
  }

  /** Called every second. */
  onSecond(nowMs: number): void {
    const afterMs = LOOK_AFTER_MS[this.#looked];
    if (afterMs === undefined || nowMs - this.#noticedAtMs < afterMs) return;
    this.#looked++;
    if (this.#silent().length > 0) void this.#look();
  }

  #silent(): Session[] {
    return this.#engine.unfinishedSince(this.#noticedAtMs + NOTICED_WITHIN_MS);
  }

  async #look(): Promise<void> {
    const lists = [await readConnections(), await readConnections()]; // a list that changes while it is read may lack one
    const isGone = ({ server, serverPort, client, clientPort }: Session): boolean =>
      lists.every((each) => each.isListening(serverPort) && !each.has(server, serverPort, client, clientPort));
    const gone = this.#silent().filter(isGone);
    for (const session of gone) this.#engine.endUnseen(session, performance.now());
    if (gone.length > 0) this.#leave();
  }
}
