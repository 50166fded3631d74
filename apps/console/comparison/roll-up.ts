// Makes each coarser span from the finer ones, as soon as it is over and again when one of them came late.
import type { Span, Store } from '../store/store.ts';
import { type Level, spanOf } from './levels.ts';
import { KindSums, packSpan, TotalSum } from './span.ts';
import { Turns } from './turns.ts';

/** A span is over so long after its end: its last second has come by then. */
const GRACE_MS = 2_500;

type Stale = { mappingId: string; atMs: number };

export class RollUp {
  readonly #store: Store;
  readonly #levels: readonly Level[];
  /** For each level behind the first: spans whose finer ones have changed since they were made. */
  readonly #stale: Map<string, Stale>[];

  constructor(store: Store, levels: readonly Level[]) {
    this.#store = store;
    this.#levels = levels;
    this.#stale = levels.map(() => new Map());
  }

  /** Something of the span at `index` has changed, so those made from it must follow. */
  touch(index: number, mappingId: string, atMs: number): void {
    const next = this.#levels[index + 1];
    if (next === undefined) return;
    const parentMs = spanOf(atMs, next.stepS);
    this.#stale[index + 1]!.set(`${mappingId} ${parentMs}`, { mappingId, atMs: parentMs });
  }

  /** A level's span is not, or not rightly, in the store. */
  isStale(index: number, mappingId: string, atMs: number): boolean {
    return this.#stale[index]!.has(`${mappingId} ${atMs}`);
  }

  /** The stale spans of a level in [fromMs, toMs), oldest first. Those of finer levels make their parents stale as well. */
  staleIn(index: number, mappingId: string, fromMs: number, toMs: number): number[] {
    const found = new Set<number>();
    for (let at = 1; at <= index; at++)
      for (const stale of this.#stale[at]!.values()) if (stale.mappingId === mappingId) found.add(spanOf(stale.atMs, this.#levels[index]!.stepS));
    return [...found].filter((atMs) => atMs >= fromMs && atMs < toMs).sort((a, b) => a - b);
  }

  /** What was not rolled up when the console ended is stale. */
  async recover(mappingId: string): Promise<void> {
    for (const [index, { stepS }] of this.#levels.entries()) {
      const next = this.#levels[index + 1];
      if (next === undefined) return;
      const doneMs = (await this.#store.lastSpanAtMs(mappingId, next.stepS)) ?? 0;
      const times = await this.#store.listSpanTimes({ mappingId, stepS, fromMs: doneMs, toMs: Number.MAX_SAFE_INTEGER });
      for (const atMs of times) this.touch(index, mappingId, atMs);
    }
  }

  /** Makes every stale span that is over, finest first. */
  async run(nowMs: number): Promise<void> {
    const turns = new Turns();
    for (const [index, stale] of this.#stale.entries()) {
      const { stepS } = this.#levels[index]!;
      const due = [...stale].filter(([, { atMs }]) => atMs + stepS * 1000 + GRACE_MS <= nowMs);
      for (const [key, { mappingId, atMs }] of due) {
        stale.delete(key); // before reading: what comes meanwhile makes it stale again
        try {
          const span = await this.#make(index, mappingId, atMs);
          if (span !== null) await this.#store.putSpans([span]);
        } catch (error) {
          stale.set(key, { mappingId, atMs });
          throw error;
        }
        this.touch(index, mappingId, atMs);
        await turns.pause();
      }
    }
  }

  async #make(index: number, mappingId: string, atMs: number): Promise<Span | null> {
    const { stepS } = this.#levels[index]!;
    const finer = { mappingId, stepS: this.#levels[index - 1]!.stepS, fromMs: atMs, toMs: atMs + stepS * 1000 };
    const total = new TotalSum();
    const kinds = new KindSums();
    const totals = await this.#store.listSpans({ ...finer, part: 'total' });
    if (totals.length === 0) return null;
    for (const { packed } of totals) total.addPacked(packed);
    for (const { packed } of await this.#store.listSpans({ ...finer, part: 'kinds' })) kinds.addPacked(packed);
    return { mappingId, stepS, atMs, ...packSpan(total, kinds) };
  }

  forget(mappingId: string): void {
    for (const stale of this.#stale) for (const [key, each] of stale) if (each.mappingId === mappingId) stale.delete(key);
  }
}
