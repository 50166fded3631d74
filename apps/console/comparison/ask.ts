// Answers what a page or a script asks about a range of time.
import { type PairBlock, PairedBootstrap, REPLICATES, seededRandom, verdictOf } from '@parallax/latency';
import type { ComparisonQuery, ComparisonView, SecondCounts, VerdictQuery, VerdictView } from '@parallax/protocol';
import { Refused } from '../hub/refused.ts';
import { curveOf, heatEdges, heatRow, kindFigures, percentiles, pointOf } from './figures.ts';
import { type Level, spanOf } from './levels.ts';
import { addCounts, noCounts, unpackKinds, unpackTotal, type Wanted } from './pack.ts';
import type { Parts, Reader } from './reader.ts';
import { KindSums, PAIRS_OF_TOTAL, TotalSum } from './span.ts';
import { Turns } from './turns.ts';

/** Points that a chart is drawn from, and that a script may ask for. */
const DRAWN_POINTS = 420;
const MOST_POINTS = 4000;
const MOST_SHOWN_PAIRS = 1000;
export const PERCENTS = [50, 90, 99, 99.9];
const pairsOnly: Wanted = { measures: [], held: false, pairs: true };
/** Replicates between two looks at the clock. */
const REPLICATES_AT_ONCE = 20;

type Where = { index: number; stepMs: number; fromMs: number; toMs: number };

export class Asking {
  readonly #reader: Reader;
  readonly #levels: readonly Level[];
  readonly #now: () => number;

  constructor(reader: Reader, levels: readonly Level[], now: () => number) {
    this.#reader = reader;
    this.#levels = levels;
    this.#now = now;
  }

  /** The finest level that still knows the beginning and gives few enough points; the range widened to its steps. */
  #where(fromMs: number, toMs: number, stepS: number | null): Where {
    const points = (level: Level) => (toMs - fromMs) / (level.stepS * 1000);
    const fits = (level: Level) => points(level) <= DRAWN_POINTS && spanOf(fromMs, level.stepS) >= this.#now() - level.keptMs;
    const found = this.#levels.findIndex((level) => (stepS === null ? fits(level) : level.stepS === stepS));
    const index = found === -1 ? this.#levels.length - 1 : found;
    const level = this.#levels[index]!;
    if (points(level) > MOST_POINTS)
      throw new Refused(
        422,
        `this range has ${Math.ceil(points(level))} steps of ${level.stepS} s, at most ${MOST_POINTS} are answered: choose a larger step or a shorter range`,
        'step',
      );
    const stepMs = level.stepS * 1000;
    return { index, stepMs, fromMs: spanOf(fromMs, level.stepS), toMs: Math.ceil(toMs / stepMs) * stepMs };
  }

  async comparison(mappingId: string, query: Omit<ComparisonQuery, 'format'>): Promise<ComparisonView> {
    const { kind, measure } = query;
    const { index, stepMs, fromMs, toMs } = this.#where(query.fromMs, query.toMs, query.stepS);
    const figures: Wanted = { measures: [measure], held: false, pairs: false };
    const totals = await this.#reader.spans(index, mappingId, fromMs, toMs, 'total');
    const whole = new TotalSum(MOST_SHOWN_PAIRS);
    const turns = new Turns();
    for (const packed of await this.#reader.all(index, mappingId, fromMs, toMs, 'total')) {
      whole.addPacked(packed, { ...figures, held: true, pairs: kind === null });
      await turns.pause();
    }
    const kinds = new KindSums(kind === null ? 0 : MOST_SHOWN_PAIRS);
    const wantedOf = (each: string) => (each === kind ? { ...figures, held: true, pairs: true } : figures);
    for (const packed of await this.#reader.all(index, mappingId, fromMs, toMs, 'kinds')) {
      kinds.addPacked(packed, wantedOf);
      await turns.pause();
    }
    const chosen = kind === null ? whole.sum : (kinds.sums.get(kind) ?? new TotalSum().sum);
    const edgesUs = heatEdges([chosen.online[measure], chosen.target[measure]]);
    const view: ComparisonView = {
      mappingId,
      kind,
      measure,
      fromMs,
      toMs,
      stepMs,
      keptMs: this.#levels[index]!.keptMs,
      whole: { ...kindFigures(kind ?? '', chosen, measure), seconds: whole.seconds },
      counts: whole.counts,
      points: [],
      heat: { edgesUs, online: [], target: [] },
      curve: curveOf(chosen.online[measure], chosen.target[measure]),
      pairs: Array.from({ length: chosen.chosen.size }, (_, at) => [chosen.chosen.onlineUs[at]!, chosen.chosen.targetUs[at]!]),
      kinds: [...kinds.sums]
        .map(([name, sum]) => kindFigures(name, sum, measure))
        .sort((a, b) => b.online.count - a.online.count || a.kind.localeCompare(b.kind)),
      connect: { online: percentiles(whole.connect.online), target: percentiles(whole.connect.target) },
      held: percentiles(chosen.held),
    };
    const ofKinds =
      kind === null ? new Map<number, Parts>() : new Map((await this.#reader.spans(index, mappingId, fromMs, toMs, 'kinds')).map((each) => [each.atMs, each]));
    for (const span of totals) {
      await turns.pause();
      const { seconds, counts, sum } = kind === null ? sumOf(span, figures) : { ...knownOf(span), sum: sumOfKind(ofKinds.get(span.atMs), kind, figures) };
      view.points.push(pointOf(span.atMs, seconds, counts, sum, measure));
      view.heat.online.push(heatRow(sum.online[measure], edgesUs));
      view.heat.target.push(heatRow(sum.target[measure], edgesUs));
    }
    return view;
  }

  async verdict(mappingId: string, { fromMs, toMs, kind, seed, resolutionUs }: VerdictQuery): Promise<VerdictView> {
    const where = this.#where(fromMs, toMs, null);
    const spans = await this.#reader.spans(where.index, mappingId, where.fromMs, where.toMs, kind === null ? 'total' : 'kinds');
    const turns = new Turns();
    const blocks: PairBlock[] = [];
    for (const span of spans) {
      const { chosen } = kind === null ? sumOf(span, pairsOnly).sum : sumOfKind(span, kind, pairsOnly);
      blocks.push({ seen: chosen.seen, onlineUs: chosen.onlineUs.subarray(0, chosen.size), targetUs: chosen.targetUs.subarray(0, chosen.size) });
      await turns.pause();
    }
    const bootstrap = new PairedBootstrap(blocks, PERCENTS, seed);
    for (let done = 0; done < REPLICATES && bootstrap.blocks > 0; done += REPLICATES_AT_ONCE) {
      bootstrap.run(REPLICATES_AT_ONCE);
      await turns.pause();
    }
    return {
      mappingId,
      kind,
      fromMs: where.fromMs,
      toMs: where.toMs,
      stepMs: where.stepMs,
      pairs: bootstrap.seen,
      used: bootstrap.used,
      blocks: bootstrap.blocks,
      seed,
      resolutionUs,
      lines: bootstrap.estimates().map((estimate) => verdictOf(bootstrap, estimate, resolutionUs)),
    };
  }
}

function sumOf({ packed }: Parts, wanted: Wanted): TotalSum {
  const total = new TotalSum(wanted.pairs ? PAIRS_OF_TOTAL : 0, seededRandom(packed.length));
  for (const part of packed) total.addPacked(part, wanted);
  return total;
}

/** Without looking into its histograms. */
function knownOf({ packed }: Parts): { seconds: number; counts: SecondCounts } {
  const known = { seconds: 0, counts: noCounts() };
  for (const { seconds, counts } of packed.map(unpackTotal)) {
    known.seconds += seconds;
    addCounts(known.counts, counts);
  }
  return known;
}

function sumOfKind(parts: Parts | undefined, kind: string, wanted: Wanted) {
  const sums = new KindSums(wanted.pairs ? PAIRS_OF_TOTAL : 0);
  for (const part of parts?.packed ?? []) sums.add(unpackKinds(part, kind), () => wanted);
  return sums.sums.get(kind) ?? new TotalSum(0).sum;
}
