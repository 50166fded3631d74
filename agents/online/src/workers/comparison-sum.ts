// Seconds of comparison of several packet paths as those of one run: histograms are added, choices of pairs stay uniform.
import { randomInt, randomUUID } from 'node:crypto';
import { MOST_KINDS, OTHER, PAIRS_PER_SECOND, Reservoir, seededRandom } from '@parallax/latency';
import type { ComparisonSecond, KindSecond, SecondCounts, SideCounts, SideSecond } from '@parallax/protocol';
import { addEncoded } from './counts.ts';

const addSides = (all: readonly SideSecond[]): SideSecond => ({
  count: all.reduce((sum, { count }) => sum + count, 0),
  errors: all.reduce((sum, { errors }) => sum + errors, 0),
  firstByte: addEncoded(all.map(({ firstByte }) => firstByte)),
  lastByte: addEncoded(all.map(({ lastByte }) => lastByte)),
});

const addOf = (all: readonly SideCounts[]): SideCounts => ({
  resets: all.reduce((sum, { resets }) => sum + resets, 0),
  notUnderstood: all.reduce((sum, { notUnderstood }) => sum + notUnderstood, 0),
  clockSet: all.reduce((sum, { clockSet }) => sum + clockSet, 0),
});
const addCounts = (all: readonly SecondCounts[]): SecondCounts => ({
  online: addOf(all.map(({ online }) => online)),
  target: addOf(all.map(({ target }) => target)),
});

/** One mapping's. */
export class ComparisonSum {
  readonly #run = randomUUID();
  readonly #random = seededRandom(randomInt(2 ** 31));
  readonly #kinds = new Set<string>();
  #sequence = 0;

  /** What the paths told of the second that began at `secondMs`, at least one of them. */
  add(told: readonly ComparisonSecond[], secondMs: number): ComparisonSecond {
    const byKind = new Map<string, KindSecond[]>();
    for (const { kinds } of told) {
      for (const each of kinds) {
        const name = this.#nameOf(each.kind);
        byKind.set(name, [...(byKind.get(name) ?? []), each]);
      }
    }
    return {
      type: 'comparison',
      mappingId: told[0]!.mappingId,
      run: this.#run,
      sequence: this.#sequence++,
      secondMs,
      ageMs: Math.min(...told.map(({ ageMs }) => ageMs)),
      connect: { online: addEncoded(told.map(({ connect }) => connect.online)), target: addEncoded(told.map(({ connect }) => connect.target)) },
      kinds: [...byKind].map(([kind, all]) => this.#addKinds(kind, all)),
      counts: addCounts(told.flatMap(({ counts }) => counts ?? [])),
    };
  }

  /** Each path tells apart as many kinds as one may, and not necessarily the same. */
  #nameOf(kind: string): string {
    if (kind === OTHER || this.#kinds.has(kind)) return kind;
    if (this.#kinds.size >= MOST_KINDS) return OTHER;
    this.#kinds.add(kind);
    return kind;
  }

  #addKinds(kind: string, all: readonly KindSecond[]): KindSecond {
    const chosen = new Reservoir(PAIRS_PER_SECOND, this.#random);
    for (const { pairs } of all) if (pairs.chosen !== null) chosen.mergeEncoded(Buffer.from(pairs.chosen, 'base64'));
    return {
      kind,
      online: addSides(all.map(({ online }) => online)),
      target: addSides(all.map(({ target }) => target)),
      held: addEncoded(all.map(({ held }) => held)),
      pairs: {
        count: all.reduce((sum, { pairs }) => sum + pairs.count, 0),
        difference: addEncoded(all.map(({ pairs }) => pairs.difference)),
        chosen: chosen.seen === 0 ? null : Buffer.from(chosen.encode()).toString('base64'),
      },
    };
  }
}
