// How sure is a difference of percentiles? Whole seconds are drawn again with replacement (a block bootstrap): exchanges of one second share their
// luck on both servers, so single exchanges drawn one by one would seem more certain than they are. Both sides of a pair stay together.
import { bucketOf, middleUs } from './bucket.ts';
import { seededRandom } from './random.ts';
import { expandedTail } from './tail.ts';

/** Pairs of one span of time: a uniform choice from the `seen` exchanges that it had. */
export interface PairBlock {
  seen: number;
  onlineUs: ArrayLike<number>;
  targetUs: ArrayLike<number>;
}

export type Interval = [number, number];

/** Target minus online at one percentile, or of the means of paired differences (`percent` null), µs. */
export interface Estimate {
  percent: number | null;
  onlineUs: number;
  targetUs: number;
  deltaUs: number;
  /** Between these the difference lies with a confidence of 95 % and 99.5 %. */
  within95: Interval;
  within995: Interval;
}

/** Pairs used at most; of more, each block gives its share. */
export const MOST_PAIRS = 20_000;

/** The distinct buckets of one side, lowest first, and for each pair its place among them. */
class Ranks {
  readonly us: number[];
  readonly rank: Int32Array;
  readonly weights: Float64Array;

  constructor(values: readonly number[]) {
    const buckets = values.map((us) => bucketOf(us));
    const distinct = [...new Set(buckets)].sort((a, b) => a - b);
    const places = new Map(distinct.map((bucket, place) => [bucket, place]));
    this.us = distinct.map(middleUs);
    this.rank = Int32Array.from(buckets, (bucket) => places.get(bucket)!);
    this.weights = new Float64Array(distinct.length);
  }

  /** Percentiles by weight, of ascending `percents`. */
  percentiles(total: number, percents: readonly number[], to: Float64Array): void {
    let seen = 0;
    let place = -1;
    for (let at = 0; at < percents.length; at++) {
      const wanted = Math.min((total * percents[at]!) / 100, total) - 1e-9 * total;
      while (seen < wanted || place < 0) seen += this.weights[++place]!;
      to[at] = this.us[place]!;
    }
  }
}

export class PairedBootstrap {
  readonly percents: readonly number[];
  /** Exchanges that the pairs stand for, pairs used, and blocks that had any. */
  readonly seen: number;
  readonly used: number;
  readonly blocks: number;
  readonly #random: () => number;
  readonly #online: Ranks;
  readonly #target: Ranks;
  readonly #ends: Int32Array;
  readonly #weights: Float64Array;
  readonly #sums: Float64Array;
  readonly #now: { online: Float64Array; target: Float64Array };
  readonly #point: { online: number[]; target: number[]; mean: number; onlineMean: number; targetMean: number };
  /** One list of differences for each percentile, then the mean's. */
  readonly #replicates: number[][];

  /** `percents` ascending. */
  constructor(blocks: readonly PairBlock[], percents: readonly number[], seed: number) {
    const filled = blocks.filter(({ onlineUs }) => onlineUs.length > 0);
    const all = filled.reduce((sum, { onlineUs }) => sum + onlineUs.length, 0);
    const share = Math.min(1, MOST_PAIRS / Math.max(1, all));
    this.#random = seededRandom(seed);
    this.percents = percents;
    this.blocks = filled.length;
    this.seen = filled.reduce((sum, block) => sum + block.seen, 0);
    const online: number[] = [];
    const target: number[] = [];
    const ends: number[] = [];
    const weights: number[] = [];
    const sums: number[] = [];
    for (const block of filled) {
      const take = Math.max(1, Math.round(block.onlineUs.length * share));
      let sum = 0;
      for (let at = 0; at < take; at++) {
        const from = Math.floor((at * block.onlineUs.length) / take); // a choice's order says nothing, so any part of it is a choice
        online.push(block.onlineUs[from]!);
        target.push(block.targetUs[from]!);
        sum += block.targetUs[from]! - block.onlineUs[from]!;
      }
      ends.push(online.length);
      weights.push(block.seen / take);
      sums.push((sum * block.seen) / take);
    }
    this.used = online.length;
    this.#online = new Ranks(online);
    this.#target = new Ranks(target);
    this.#ends = Int32Array.from(ends);
    this.#weights = Float64Array.from(weights);
    this.#sums = Float64Array.from(sums);
    this.#now = { online: new Float64Array(percents.length), target: new Float64Array(percents.length) };
    this.#replicates = Array.from({ length: percents.length + 1 }, () => []);
    const mean = this.blocks === 0 ? 0 : this.#draw(new Float64Array(this.blocks).fill(1));
    const weigh = (ranks: Ranks) => ranks.us.reduce((sum, us, place) => sum + us * ranks.weights[place]!, 0) / Math.max(1, this.seen);
    this.#point = { online: [...this.#now.online], target: [...this.#now.target], mean, onlineMean: weigh(this.#online), targetMean: weigh(this.#target) };
  }

  /** Weighs every block by how often it was drawn; percentiles go to `#now`, the mean difference is returned. */
  #draw(times: Float64Array): number {
    const online = this.#online;
    const target = this.#target;
    online.weights.fill(0);
    target.weights.fill(0);
    let total = 0;
    let sum = 0;
    for (let block = 0, at = 0; block < this.blocks; block++) {
      const end = this.#ends[block]!;
      const weight = times[block]! * this.#weights[block]!;
      if (weight > 0) {
        total += weight * (end - at);
        sum += times[block]! * this.#sums[block]!;
        for (; at < end; at++) {
          online.weights[online.rank[at]!]! += weight;
          target.weights[target.rank[at]!]! += weight;
        }
      }
      at = end;
    }
    online.percentiles(total, this.percents, this.#now.online);
    target.percentiles(total, this.percents, this.#now.target);
    return sum / total;
  }

  /** Draws so many more replicates. */
  run(replicates: number): void {
    if (this.blocks === 0) return;
    const times = new Float64Array(this.blocks);
    for (let replicate = 0; replicate < replicates; replicate++) {
      times.fill(0);
      for (let drawn = 0; drawn < this.blocks; drawn++) times[Math.floor(this.#random() * this.blocks)]!++;
      const mean = this.#draw(times);
      for (let at = 0; at < this.percents.length; at++) this.#replicates[at]!.push(this.#now.target[at]! - this.#now.online[at]!);
      this.#replicates[this.percents.length]!.push(mean);
    }
  }

  /** One for each percentile, then the mean's; empty without pairs. */
  estimates(): Estimate[] {
    if (this.blocks === 0) return [];
    const { online, target, mean, onlineMean, targetMean } = this.#point;
    return this.#replicates.map((replicates, at) => {
      const sorted = Float64Array.from(replicates).sort();
      const within = (ratio: 0.95 | 0.995): Interval => {
        const outside = Math.floor(sorted.length * expandedTail(ratio, this.blocks));
        return sorted.length === 0 ? [Number.NaN, Number.NaN] : [sorted[outside]!, sorted[sorted.length - 1 - outside]!];
      };
      const isMean = at === this.percents.length;
      const onlineUs = isMean ? onlineMean : online[at]!;
      const targetUs = isMean ? targetMean : target[at]!;
      const deltaUs = isMean ? mean : targetUs - onlineUs;
      return { percent: isMean ? null : this.percents[at]!, onlineUs, targetUs, deltaUs, within95: within(0.95), within995: within(0.995) };
    });
  }
}
