// What GET /api/v1/mappings/:id/comparison and /verdict take and answer. Instants are ms since 1970, spans µs unless they say otherwise.
import { z } from 'zod';
import { SecondCounts } from './comparison.ts';

/** Latency from the last byte of the request to the first, or to the last, byte of the answer. */
export const Measure = z.enum(['firstByte', 'lastByte']);
export type Measure = z.infer<typeof Measure>;

/** Milliseconds since 1970, or ISO 8601. */
const Instant = z.string().transform((text, context) => {
  const ms = /^\d{10,14}$/.test(text) ? Number(text) : /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms) && ms >= 0) return ms;
  context.addIssue({ code: 'custom', message: `"${text}" is not an instant: give milliseconds since 1970, or ISO 8601 such as 2026-11-24T12:00:00Z` });
  return z.NEVER;
});

/** The steps that comparison is kept in, seconds. */
export const ComparisonStep = z.enum(['1', '10', '60', '600', '3600'], {
  error: (issue) => `step "${String(issue.input)}" is none of 1, 10, 60, 600, 3600 (seconds)`,
});

const isForward = ({ fromMs, toMs }: { fromMs: number; toMs: number }) => toMs > fromMs;
const forward = { message: '"to" must be later than "from"', path: ['to'] };
const Range = z.object({ from: Instant, to: Instant, kind: z.string().min(1).max(64).optional() });

/** Without `step`: the finest that gives at most 420 points. Without `kind`: all kinds together. */
export const ComparisonQuery = Range.extend({
  step: ComparisonStep.optional(),
  measure: Measure.default('firstByte'),
  format: z.enum(['json', 'csv', 'kinds.csv']).default('json'),
})
  .transform(({ from, to, kind, step, ...rest }) => ({ fromMs: from, toMs: to, kind: kind ?? null, stepS: step === undefined ? null : Number(step), ...rest }))
  .refine(isForward, forward);
export type ComparisonQuery = z.output<typeof ComparisonQuery>;

/** `resolution`: a smaller difference is not called one, µs. */
export const VerdictQuery = Range.extend({
  seed: z.coerce.number().int().min(0).max(0xffffffff).default(1),
  resolution: z.coerce.number().min(0).max(1e9).default(50),
})
  .transform(({ from, to, kind, seed, resolution }) => ({ fromMs: from, toMs: to, kind: kind ?? null, seed, resolutionUs: resolution }))
  .refine(isForward, forward);
export type VerdictQuery = z.output<typeof VerdictQuery>;

const us = z.number().nullable();
const count = z.number();

/** One server over some time. Percentiles are null where no latency is known. */
export const SideFigures = z.object({ count, errors: count, p50Us: us, p90Us: us, p99Us: us, p999Us: us });
export type SideFigures = z.infer<typeof SideFigures>;

/** Target minus online of the same exchanges. */
export const DifferenceFigures = z.object({ count, p10Us: us, p50Us: us, p90Us: us });
export type DifferenceFigures = z.infer<typeof DifferenceFigures>;

/** One step of time. `seconds` of it are known; steps of which nothing is known are not there. `resets`: connections that either server refused or reset, whatever the kind. */
export const ComparisonPoint = z.object({
  atMs: z.number(),
  seconds: count,
  resets: z.object({ online: count, target: count }),
  online: SideFigures,
  target: SideFigures,
  difference: DifferenceFigures,
});
export type ComparisonPoint = z.infer<typeof ComparisonPoint>;

export const KindFigures = z.object({ kind: z.string(), online: SideFigures, target: SideFigures, difference: DifferenceFigures });
export type KindFigures = z.infer<typeof KindFigures>;

const Percentiles = z.object({ count, p50Us: us, p90Us: us, p99Us: us });

/** Both servers over a range of time, which is widened to whole steps. */
export const ComparisonView = z.object({
  mappingId: z.string(),
  kind: z.string().nullable(),
  measure: Measure,
  fromMs: z.number(),
  toMs: z.number(),
  stepMs: z.number(),
  /** How far back this step is kept. */
  keptMs: z.number(),
  /** Of the whole range: the chosen kind, or all together. */
  whole: KindFigures.extend({ seconds: count }),
  /** Of the whole range, whatever kind is chosen. */
  counts: SecondCounts,
  points: z.array(ComparisonPoint),
  /** For each point, exchanges in each row; rows lie between two neighbours of `edgesUs`, lowest first. */
  heat: z.object({ edgesUs: z.array(z.number()), online: z.array(z.array(count)), target: z.array(z.array(count)) }),
  /** Latency at each of `percents`. */
  curve: z.object({ percents: z.array(z.number()), onlineUs: z.array(z.number()), targetUs: z.array(z.number()) }),
  /** Online and target latency of a uniform choice of the paired exchanges. */
  pairs: z.array(z.tuple([z.number(), z.number()])),
  /** Every kind, most frequent first, whatever kind is chosen. */
  kinds: z.array(KindFigures),
  connect: z.object({ online: Percentiles, target: Percentiles }),
  /** How long copies held requests back. */
  held: Percentiles,
});
export type ComparisonView = z.infer<typeof ComparisonView>;

const Interval = z.tuple([z.number(), z.number()]);

/** A difference of one percentile, or of the means (`percent` null). */
export const VerdictLine = z.object({
  percent: z.number().nullable(),
  onlineUs: z.number(),
  targetUs: z.number(),
  deltaUs: z.number(),
  within95: Interval,
  within995: Interval,
  outcome: z.enum(['slower', 'faster', 'same', 'not enough data']),
  lacks: z.string().nullable(),
});
export type VerdictLine = z.infer<typeof VerdictLine>;

/** Pairs known in the range and pairs used; spans of time with any. Without pairs there are no lines. */
export const VerdictView = z.object({
  mappingId: z.string(),
  kind: z.string().nullable(),
  fromMs: z.number(),
  toMs: z.number(),
  stepMs: z.number(),
  pairs: count,
  used: count,
  blocks: count,
  seed: z.number(),
  resolutionUs: z.number(),
  lines: z.array(VerdictLine),
});
export type VerdictView = z.infer<typeof VerdictView>;
