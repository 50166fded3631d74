// What several packet paths counted of the same thing, as if one had. Levels and cumulative counts come from all that live, growth from those that told it.
import { Histogram } from '@parallax/latency';
import { type Forecast, type Ledger, type LedgerBuckets, ledgerBuckets, type MappingSample, type OnlineSample } from '@parallax/protocol';
import type { SheddingNow } from '../online-sampler.ts';
import { sheddingWords } from './states.ts';

type Counts = Record<string, number>;

/** By name; a name that one of them lacks counts 0 there. */
export function addCounts<T extends Counts>(all: readonly T[]): T {
  const sum: Counts = {};
  for (const counts of all) for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
  return sum as T;
}

/** Histograms as they are told (`Histogram.encode`, base64); null where none has anything. */
export function addEncoded(all: readonly (string | null)[]): string | null {
  const some = all.filter((each) => each !== null);
  if (some.length < 2) return some[0] ?? null;
  const sum = new Histogram();
  for (const encoded of some) sum.addEncoded(Buffer.from(encoded, 'base64'));
  return Buffer.from(sum.encode()).toString('base64');
}

const addBuckets = (all: readonly LedgerBuckets[]): LedgerBuckets => addCounts(all) as LedgerBuckets;
const noBuckets = (): LedgerBuckets => Object.fromEntries(ledgerBuckets.map((name) => [name, 0])) as LedgerBuckets;

const addLedgers = (all: readonly Ledger[]): Ledger => ({
  copies: addBuckets([noBuckets(), ...all.map(({ copies }) => copies)]),
  exchanges: addBuckets([noBuckets(), ...all.map(({ exchanges }) => exchanges)]),
  bytes: addBuckets([noBuckets(), ...all.map(({ bytes }) => bytes)]),
});

/** Each path has its part of the ports of every address: what one lacks is missing there whatever another has. */
function addForecasts(all: readonly Forecast[]): Forecast | null {
  if (all.length === 0) return null;
  const { addressesMissing: _, opensPerSecond: __, ...counts } = addCounts(all.map((each) => ({ ...each, opensPerSecond: each.opensPerSecond ?? 0 })));
  const rates = all.map(({ opensPerSecond }) => opensPerSecond).filter((each) => each !== null);
  return {
    ...counts,
    addressesMissing: Math.max(...all.map(({ addressesMissing }) => addressesMissing)),
    opensPerSecond: rates.length === 0 ? null : rates.reduce((sum, each) => sum + each, 0),
  };
}

const sum = <T>(all: readonly T[], of: (each: T) => number): number => all.reduce((total, each) => total + of(each), 0);

/**
 * `told` are the seconds of this sample, at least one; `latest` is what each living path told last, and `forecasts` what each foretold last if any did in
 * this second.
 */
export function addMappingSamples(
  told: readonly MappingSample[],
  latest: readonly MappingSample[],
  forecasts: readonly (Forecast | null)[] | null,
): MappingSample {
  const [first] = told;
  const percents = latest.map(({ percent }) => percent).filter((each) => each !== undefined);
  return {
    type: 'sample',
    mappingId: first!.mappingId,
    atMs: Math.max(...told.map(({ atMs }) => atMs)),
    sessionsOpen: sum(latest, (each) => each.sessionsOpen),
    sessionsOpened: sum(told, (each) => each.sessionsOpened),
    copiesOpen: sum(latest, (each) => each.copiesOpen),
    exchanges: addCounts(told.map(({ exchanges }) => exchanges)),
    bytes: addCounts(told.map(({ bytes }) => bytes)),
    packets: addCounts(told.map(({ packets }) => packets)),
    latency: { online: addEncoded(told.map(({ latency }) => latency.online)), target: addEncoded(told.map(({ latency }) => latency.target)) },
    ledger: addLedgers(latest.map(({ ledger }) => ledger)),
    ...(percents.length === 0 ? {} : { percent: Math.max(...percents) }),
    ...(forecasts === null ? {} : { forecast: addForecasts(forecasts.filter((each) => each !== null)) }),
  };
}

/** Each path sheds by itself. `now` is what each said last, of those that run. */
function addShedding(told: readonly OnlineSample[], now: readonly SheddingNow[]): NonNullable<OnlineSample['shedding']> {
  const going = now.filter(({ reason }) => reason !== null);
  return {
    sessions: sum(told, ({ shedding }) => shedding?.sessions ?? 0),
    reason: sheddingWords(now.map(({ reason }) => reason)),
    forMs: going.length === 0 ? null : Math.max(...going.map(({ forMs }) => forMs ?? 0)),
  };
}

/** `told` are the seconds of this sample, at least one. */
export function addOnlineSamples(told: readonly OnlineSample[], now: readonly SheddingNow[]): OnlineSample {
  const { failedBy: _, ...sent } = told[0]!.sent;
  return {
    type: 'online-sample',
    atMs: Math.max(...told.map(({ atMs }) => atMs)),
    captured: addCounts(told.map(({ captured }) => captured)),
    sent: {
      ...addCounts([
        Object.fromEntries(Object.keys(sent).map((name) => [name, 0])) as typeof sent,
        ...told.map(({ sent: { failedBy: __, ...counts } }) => counts),
      ]),
      failedBy: addCounts(told.map(({ sent: { failedBy } }) => failedBy)),
    },
    answers: addCounts(told.map(({ answers }) => answers)),
    relays: addCounts(told.map(({ relays }) => relays)),
    shedding: addShedding(told, now),
  };
}
