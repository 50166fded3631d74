// Seconds of comparison that the console has not stored yet: a console that is restarted misses none of them.
import type { ComparisonSecond, ComparisonStored } from '@parallax/protocol';

const MOST_SECONDS = 600;
const MOST_CHARACTERS = 32 << 20;

/** Rough: what the base64 of its histograms takes. */
function charactersOf({ connect, kinds }: ComparisonSecond): number {
  let sum = 200 + (connect.online?.length ?? 0) + (connect.target?.length ?? 0);
  for (const { online, target, held, pairs } of kinds) {
    for (const part of [online.firstByte, online.lastByte, target.firstByte, target.lastByte, held, pairs.difference, pairs.chosen]) sum += part?.length ?? 4;
  }
  return sum;
}

export class ComparisonBacklog {
  readonly #now: () => number;
  #kept: { second: ComparisonSecond; characters: number; keptAtMs: number }[] = [];
  #characters = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get length(): number {
    return this.#kept.length;
  }

  /** Until it is stored; the oldest go when there are too many. */
  keep(second: ComparisonSecond): void {
    const nowMs = this.#now();
    const characters = charactersOf(second);
    this.#kept.push({ second, characters, keptAtMs: nowMs });
    this.#characters += characters;
    let gone = 0;
    while (this.#characters > MOST_CHARACTERS || (this.#kept[gone] !== undefined && this.#kept[gone]!.keptAtMs < nowMs - MOST_SECONDS * 1000))
      this.#characters -= this.#kept[gone++]!.characters;
    if (gone > 0) this.#kept.splice(0, gone);
  }

  drop({ mappingId, run, sequence }: ComparisonStored): void {
    this.#kept = this.#kept.filter(({ second }) => second.mappingId !== mappingId || second.run !== run || second.sequence > sequence);
    this.#characters = this.#kept.reduce((sum, { characters }) => sum + characters, 0);
  }

  /** Everything that is kept, oldest first, with the age it has now; it stays kept. */
  take(): ComparisonSecond[] {
    const nowMs = this.#now();
    return this.#kept.map(({ second, keptAtMs }) => ({ ...second, ageMs: second.ageMs + nowMs - keptAtMs }));
  }
}
