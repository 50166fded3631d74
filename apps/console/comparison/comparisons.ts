// The history of both servers compared: stores every second that agents tell, rolls it up, and forgets what is too old.
import type { ComparisonSecond, ComparisonStored } from '@parallax/protocol';
import type { Span, Store } from '../store/store.ts';
import { type Level, spanOf } from './levels.ts';
import { RollUp } from './roll-up.ts';
import { packSecond } from './second.ts';
import { Turns } from './turns.ts';

/** Beyond this an agent's clock is wrong, and its seconds are moved to the console's. */
const CLOCK_TOLERANCE_MS = 2_000;
const FLUSH_AFTER_MS = 100;
const RETRY_AFTER_MS = 2_000;
/** Seconds that wait for a database that does not answer; agents keep more. */
const MOST_WAITING = 5_000;
const MAINTAIN_EVERY_MS = 1_000;
const TRIM_EVERY_MS = 60_000;

type Log = { error(...args: unknown[]): void };
type Waiting = { span: Span; stored: ComparisonStored; tell: (stored: ComparisonStored) => void };
/** What is known of an agent's run: how far its clock is off, in whole seconds. */
type Run = { name: string; shiftMs: number };

export class Comparisons {
  readonly store: Store;
  readonly levels: readonly Level[];
  readonly rollUp: RollUp;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #runs = new Map<string, Run>();
  #waiting: Waiting[] = [];
  #flushTimer: NodeJS.Timeout | undefined;
  #tick: NodeJS.Timeout | undefined;
  #pending: Promise<unknown> = Promise.resolve();
  #isMaintaining = false;
  #trimmedAtMs = 0;
  #mappingIds: () => Iterable<string>;

  constructor(options: { store: Store; levels: readonly Level[]; log: Log; now: () => number; mappingIds: () => Iterable<string> }) {
    this.store = options.store;
    this.levels = options.levels;
    this.rollUp = new RollUp(options.store, options.levels);
    this.#log = options.log;
    this.#now = options.now;
    this.#mappingIds = options.mappingIds;
  }

  /** Finds what was not rolled up when the console ended, and goes on from there. */
  async open(): Promise<void> {
    for (const id of this.#mappingIds()) await this.rollUp.recover(id);
    this.#tick = setInterval(() => this.#maintain(), MAINTAIN_EVERY_MS);
  }

  /** Stores a second and tells when it is safe. @throws if it cannot be read. */
  add(second: ComparisonSecond, tell: (stored: ComparisonStored) => void): void {
    const { mappingId, run, sequence } = second;
    const atMs = spanOf(second.secondMs + this.#shiftMs(second), 1);
    const span = { mappingId, stepS: 1, atMs, ...packSecond(second) };
    this.#waiting.push({ span, stored: { type: 'comparison-stored', mappingId, run, sequence }, tell });
    this.#flushTimer ??= setTimeout(() => this.#flush(), FLUSH_AFTER_MS);
  }

  /** Whole seconds from the agent's clock to ours; none while they agree, and the same for a run as long as it holds. */
  #shiftMs({ mappingId, run, secondMs, ageMs }: ComparisonSecond): number {
    const offMs = this.#now() - ageMs - 1000 - secondMs;
    const known = this.#runs.get(mappingId);
    if (known !== undefined && known.name === run && Math.abs(offMs - known.shiftMs) <= CLOCK_TOLERANCE_MS) return known.shiftMs;
    const shiftMs = Math.abs(offMs) <= CLOCK_TOLERANCE_MS ? 0 : Math.round(offMs / 1000) * 1000;
    this.#runs.set(mappingId, { name: run, shiftMs });
    return shiftMs;
  }

  #flush(): void {
    this.#flushTimer = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#do('cannot store seconds of comparison', async () => {
      const ids = new Set(this.#mappingIds()); // a mapping may have been deleted meanwhile
      const known = waiting.filter(({ span }) => ids.has(span.mappingId));
      try {
        await this.store.putSpans(known.map(({ span }) => span));
      } catch (error) {
        this.#waiting = [...known, ...this.#waiting].slice(-MOST_WAITING);
        this.#flushTimer ??= setTimeout(() => this.#flush(), RETRY_AFTER_MS);
        throw error;
      }
      for (const { span, stored, tell } of known) {
        this.rollUp.touch(0, span.mappingId, span.atMs);
        tell(stored);
      }
    });
  }

  /** One write after the other; a failure is logged. */
  #do(what: string, work: () => Promise<void>): void {
    this.#pending = this.#pending.then(work).catch((error: unknown) => this.#log.error({ err: error }, what));
  }

  #maintain(): void {
    if (this.#isMaintaining) return;
    this.#isMaintaining = true;
    this.#do('cannot roll up the comparison', async () => {
      try {
        const nowMs = this.#now();
        await this.rollUp.run(nowMs);
        if (nowMs - this.#trimmedAtMs < TRIM_EVERY_MS) return;
        this.#trimmedAtMs = nowMs;
        const turns = new Turns();
        for (const id of this.#mappingIds()) {
          for (const { stepS, keptMs } of this.levels) await this.store.trimSpans(id, stepS, spanOf(nowMs - keptMs, stepS));
          await turns.pause();
        }
      } finally {
        this.#isMaintaining = false;
      }
    });
  }

  forget(mappingId: string): void {
    this.#runs.delete(mappingId);
    this.rollUp.forget(mappingId);
  }

  /** Everything that was added is stored. */
  async settled(): Promise<void> {
    clearTimeout(this.#flushTimer);
    if (this.#waiting.length > 0) this.#flush();
    await this.#pending;
  }

  async close(): Promise<void> {
    clearInterval(this.#tick);
    await this.settled();
  }
}
