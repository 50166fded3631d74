// Where the capture lost packets, the end of a session may be among them, and nothing captured later tells. The kernel's own list of connections does.
import { type Connections, readConnections } from '@parallax/device';
import type { Engine, Outline } from '@parallax/engine';

/** Looked at so long after packets were lost: some ends are still on their way the first time. */
const LOOK_AFTER_MS = [2000, 10_000, 60_000];
/** Packets were lost within so long of when that was noticed. */
const NOTICED_WITHIN_MS = 1500;
/** The list is asked at such distances whether it has a port's connections, until it has. */
const PROVE_FIRST_MS = 1000;
const PROVE_MOST_MS = 600_000;
/** So many sessions are looked for at once, of those that are not parked. */
const PROVE_BY = 64;

export class LostEnds {
  readonly #engine: Pick<Engine, 'sessionsAwake' | 'unfinishedSince' | 'endUnseen'>;
  readonly #leave: () => void;
  readonly #read: () => Promise<Connections>;
  #noticedAtMs = Number.NEGATIVE_INFINITY;
  #looked = LOOK_AFTER_MS.length;
  /** Ports whose connections the list has: those of a service in a namespace of its own (a container) are in another. */
  readonly #provenPorts = new Set<number>();
  #proveAtMs = 0;
  #proveAfterMs = PROVE_FIRST_MS;

  /** `leave` sends what was decided. */
  constructor(engine: Pick<Engine, 'sessionsAwake' | 'unfinishedSince' | 'endUnseen'>, leave: () => void, read = readConnections) {
    this.#engine = engine;
    this.#leave = leave;
    this.#read = read;
  }

  /** The kernel lost packets of the capture. */
  notice(nowMs: number): void {
    this.#noticedAtMs = nowMs;
    this.#looked = 0;
  }

  /** Called every second. Resolves when what it had to look at is done. */
  async onSecond(nowMs: number): Promise<void> {
    await this.#prove(nowMs);
    const afterMs = LOOK_AFTER_MS[this.#looked];
    if (afterMs === undefined || nowMs - this.#noticedAtMs < afterMs) return;
    this.#looked++;
    if (this.#silent().length > 0) await this.#look();
  }

  async #prove(nowMs: number): Promise<void> {
    if (nowMs < this.#proveAtMs) return;
    const sessions: Outline[] = [];
    for (const session of this.#engine.sessionsAwake()) {
      if (!session.isFinReached && !session.isReset && !this.#provenPorts.has(session.serverPort)) sessions.push(session);
      if (sessions.length === PROVE_BY) break;
    }
    if (sessions.length === 0) return;
    this.#proveAtMs = nowMs + this.#proveAfterMs;
    this.#proveAfterMs = Math.min(this.#proveAfterMs * 2, PROVE_MOST_MS);
    const list = await this.#read();
    for (const session of sessions) if (isIn(list, session)) this.#provenPorts.add(session.serverPort);
  }

  #silent(): Outline[] {
    return this.#engine.unfinishedSince(this.#noticedAtMs + NOTICED_WITHIN_MS).filter(({ serverPort }) => this.#provenPorts.has(serverPort));
  }

  async #look(): Promise<void> {
    const lists = [await this.#read(), await this.#read()]; // a list that changes while it is read may lack one
    const gone = this.#silent().filter((session) => !lists.some((list) => isIn(list, session)));
    for (const session of gone) this.#engine.endUnseen(session, performance.now());
    if (gone.length > 0) this.#leave();
  }
}

const isIn = (list: Connections, { server, serverPort, client, clientPort }: Outline): boolean => list.has(server, serverPort, client, clientPort);
