// Finds the stored spans of a range. A coarse span that is not over yet, or was changed since, is read as the finer ones it will be made from.
import type { Store } from '../store/store.ts';
import type { Level } from './levels.ts';
import type { RollUp } from './roll-up.ts';
import { Turns } from './turns.ts';

/** Spans that are read in one turn of the event loop: some megabytes. */
const SPANS_AT_ONCE = 50;

/** The packed parts whose sum is one span. */
export type Parts = { atMs: number; packed: Uint8Array[] };
type Part = 'total' | 'kinds';

export class Reader {
  readonly #store: Store;
  readonly #levels: readonly Level[];
  readonly #rollUp: RollUp;

  constructor(store: Store, levels: readonly Level[], rollUp: RollUp) {
    this.#store = store;
    this.#levels = levels;
    this.#rollUp = rollUp;
  }

  /** Spans of one level that begin in [fromMs, toMs), oldest first; those of which nothing is known are missing. */
  async spans(index: number, mappingId: string, fromMs: number, toMs: number, part: Part): Promise<Parts[]> {
    const { stepS } = this.#levels[index]!;
    const stale = new Set(this.#rollUp.staleIn(index, mappingId, fromMs, toMs));
    const turns = new Turns();
    const found: Parts[] = [];
    for (let beginMs = fromMs; beginMs < toMs; beginMs += SPANS_AT_ONCE * stepS * 1000) {
      const endMs = Math.min(toMs, beginMs + SPANS_AT_ONCE * stepS * 1000);
      const stored = await this.#store.listSpans({ mappingId, stepS, fromMs: beginMs, toMs: endMs, part });
      for (const { atMs, packed } of stored) if (!stale.has(atMs)) found.push({ atMs, packed: [packed] });
      await turns.pause();
    }
    for (const atMs of stale) {
      const finer = await this.spans(index - 1, mappingId, atMs, atMs + stepS * 1000, part);
      if (finer.length > 0) found.push({ atMs, packed: finer.flatMap(({ packed }) => packed) });
    }
    return found.sort((a, b) => a.atMs - b.atMs);
  }

  /** Everything in [fromMs, toMs), which is whole at `index`, in as few parts as there are: coarse spans inside, finer ones at the edges. */
  async all(index: number, mappingId: string, fromMs: number, toMs: number, part: Part): Promise<Uint8Array[]> {
    const next = this.#levels[index + 1];
    const stepMs = (next?.stepS ?? 0) * 1000;
    const insideMs = Math.ceil(fromMs / stepMs) * stepMs;
    const outsideMs = Math.floor(toMs / stepMs) * stepMs;
    if (next === undefined || insideMs >= outsideMs) return (await this.spans(index, mappingId, fromMs, toMs, part)).flatMap(({ packed }) => packed);
    return [
      ...(insideMs > fromMs ? await this.all(index, mappingId, fromMs, insideMs, part) : []),
      ...(await this.all(index + 1, mappingId, insideMs, outsideMs, part)),
      ...(toMs > outsideMs ? await this.all(index, mappingId, outsideMs, toMs, part) : []),
    ];
  }
}
