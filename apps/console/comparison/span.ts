// Sums over spans of comparison: what rolling up and reading have in common.
import { seededRandom } from '@parallax/latency';
import { KindSum } from './kind-sum.ts';
import {
  addCounts,
  addSum,
  ConnectSum,
  type EncodedSum,
  type EncodedTotal,
  EVERYTHING,
  encodeSum,
  noCounts,
  packKinds,
  packTotal,
  unpackKinds,
  unpackTotal,
  type Wanted,
} from './pack.ts';

/** Pairs kept of a span: of all kinds together, and of each. */
export const PAIRS_OF_TOTAL = 512;
export const PAIRS_OF_KIND = 64;

/** All kinds together, over any number of spans. */
export class TotalSum {
  seconds = 0;
  readonly connect = new ConnectSum();
  readonly counts = noCounts();
  readonly sum: KindSum;

  constructor(pairs = PAIRS_OF_TOTAL, random = seededRandom(1)) {
    this.sum = new KindSum(pairs, random);
  }

  add({ seconds, connect, sum, counts }: EncodedTotal, wanted: Wanted = EVERYTHING): void {
    this.seconds += seconds;
    addCounts(this.counts, counts);
    this.connect.add(connect);
    addSum(this.sum, sum, wanted);
  }

  addPacked(total: Uint8Array, wanted: Wanted = EVERYTHING): void {
    this.add(unpackTotal(total), wanted);
  }
}

/** Each kind by itself, over any number of spans. */
export class KindSums {
  readonly sums = new Map<string, KindSum>();
  readonly #pairs: number;
  readonly #random: () => number;

  constructor(pairs = PAIRS_OF_KIND, random = seededRandom(2)) {
    this.#pairs = pairs;
    this.#random = random;
  }

  add(kinds: ReadonlyMap<string, EncodedSum>, wantedOf: (kind: string) => Wanted = () => EVERYTHING): void {
    for (const [kind, sum] of kinds) {
      let to = this.sums.get(kind);
      if (to === undefined) {
        to = new KindSum(this.#pairs, this.#random);
        this.sums.set(kind, to);
      }
      addSum(to, sum, wantedOf(kind));
    }
  }

  addPacked(kinds: Uint8Array, wantedOf?: (kind: string) => Wanted): void {
    this.add(unpackKinds(kinds), wantedOf);
  }
}

/** As it is stored, coarsely. */
export function packSpan(total: TotalSum, kinds: KindSums): { total: Uint8Array<ArrayBuffer>; kinds: Uint8Array<ArrayBuffer> } {
  const { online, target } = total.connect;
  return {
    total: packTotal({
      seconds: total.seconds,
      connect: { online: online.coarsened().encode(), target: target.coarsened().encode() },
      sum: encodeSum(total.sum, true),
      counts: total.counts,
    }),
    kinds: packKinds(new Map([...kinds.sums].map(([kind, sum]) => [kind, encodeSum(sum, true)]))),
  };
}
