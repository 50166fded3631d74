import type { ToViewer } from '@parallax/protocol';
import type { Store, StoredEvent } from '../store/store.ts';
import type { Bus } from './bus.ts';
import type { Log } from './hub.ts';

const keptEvents = 10_000;
const trimEvery = 500;

/** Tells viewers of an event at once and stores it in order, without making anybody wait for the database. */
export class EventLog {
  #store: Store;
  #bus: Bus<ToViewer>;
  #log: Log;
  #pending: Promise<unknown> = Promise.resolve();
  #sinceTrim = 0;

  constructor(store: Store, bus: Bus<ToViewer>, log: Log) {
    this.#store = store;
    this.#bus = bus;
    this.#log = log;
  }

  add(event: StoredEvent): void {
    const { agentId, ...rest } = event;
    this.#bus.publish({ type: 'event', agentId: agentId ?? 'console', event: { type: 'event', ...rest } });
    this.keep(() => this.#store.addEvent(event));
    if (++this.#sinceTrim >= trimEvery) {
      this.#sinceTrim = 0;
      this.keep(() => this.#store.trimEvents(keptEvents));
    }
  }

  /** Does a write after those before it; a failure is logged and passed over. */
  keep(work: Promise<unknown> | (() => Promise<unknown>)): void {
    this.#pending = this.#pending
      .then(() => (typeof work === 'function' ? work() : work))
      .catch((error) => this.#log.error({ err: error }, 'cannot store what happened'));
  }

  async settled(): Promise<void> {
    await this.#pending;
  }
}
