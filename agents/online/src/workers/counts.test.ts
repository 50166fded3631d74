import { Histogram, OTHER, Reservoir } from '@parallax/latency';
import {
  type ComparisonSecond,
  ComparisonSecond as ComparisonSecondSchema,
  type Forecast,
  ledgerBuckets,
  type MappingSample,
  MappingSample as MappingSampleSchema,
  OnlineSample,
} from '@parallax/protocol';
import { expect, test } from 'vitest';
import { ComparisonSum } from './comparison-sum.ts';
import { addMappingSamples, addOnlineSamples } from './counts.ts';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
function histogramOf(...us: number[]): string {
  const histogram = new Histogram();
  for (const each of us) histogram.record(each);
  return base64(histogram.encode());
}
const buckets = (change: Partial<Record<(typeof ledgerBuckets)[number], number>> = {}) =>
  ({ ...Object.fromEntries(ledgerBuckets.map((name) => [name, 0])), ...change }) as MappingSample['ledger']['copies'];

const sample = (factor: number, change: Partial<MappingSample> = {}): MappingSample => ({
  type: 'sample',
  mappingId: 'm',
  atMs: 10_000 + factor,
  sessionsOpen: factor,
  sessionsOpened: 2 * factor,
  copiesOpen: 3 * factor,
  exchanges: { online: 4 * factor, target: 5 * factor },
  bytes: { captured: 6 * factor, injected: 7 * factor },
  packets: { captured: 8 * factor, captureDropped: 9 * factor, injected: 10 * factor, sendFailed: 11 * factor, answers: 12 * factor },
  latency: { online: null, target: null },
  ledger: { copies: buckets({ delivered: 13 * factor, inFlight: factor }), exchanges: buckets(), bytes: buckets({ overLimit: 14 * factor }) },
  percent: 50,
  ...change,
});

test('samples of two paths are that of one which did both', () => {
  const [a, b] = [sample(1), sample(100)];
  expect(addMappingSamples([a, b], [a, b], null)).toEqual({ ...sample(101), atMs: 10_100 });
});

test('of a path that missed the second, levels and the account count all the same', () => {
  const [told, late] = [sample(1), sample(100)];
  const { sessionsOpen, copiesOpen, ledger, sessionsOpened } = addMappingSamples([told], [told, late], null);
  expect({ sessionsOpen, copiesOpen, sessionsOpened, delivered: ledger.copies.delivered }).toEqual({
    sessionsOpen: 101,
    copiesOpen: 303,
    sessionsOpened: 2,
    delivered: 1313,
  });
});

test('when the last path has gone, nothing is open', () => {
  expect(MappingSampleSchema.safeParse(addMappingSamples([sample(1)], [], null)).success).toBe(true);
});

test('histograms are merged as counts', () => {
  const all = [
    sample(1, { latency: { online: histogramOf(100, 200), target: null } }),
    sample(1, { latency: { online: histogramOf(100), target: histogramOf(7) } }),
  ];
  expect(addMappingSamples(all, all, null).latency).toEqual({ online: histogramOf(100, 100, 200), target: histogramOf(7) });
});

const forecast = (change: Partial<Forecast>): Forecast => ({
  sessions: 10,
  sessionsPossible: 10,
  copies: 20,
  copiesPossible: 20,
  addressesMissing: 0,
  opensPerSecond: null,
  ...change,
});
test.each<[string, (Forecast | null)[], Forecast | null]>([
  ['none of them expects to lack ports', [null, null], null],
  [
    'what is possible is added',
    [forecast({}), forecast({ sessionsPossible: 5, copiesPossible: 10 })],
    forecast({ sessions: 20, sessionsPossible: 15, copies: 40, copiesPossible: 30 }),
  ],
  [
    'an address serves all of them',
    [forecast({ addressesMissing: 2 }), forecast({ addressesMissing: 3 })],
    forecast({ sessions: 20, sessionsPossible: 20, copies: 40, copiesPossible: 40, addressesMissing: 3 }),
  ],
  [
    'rates are added where known',
    [forecast({ opensPerSecond: 1.5 }), forecast({})],
    forecast({ sessions: 20, sessionsPossible: 20, copies: 40, copiesPossible: 40, opensPerSecond: 1.5 }),
  ],
])('forecasts: %s', (_, forecasts, expected) => {
  expect(addMappingSamples([sample(1)], [sample(1)], forecasts).forecast).toEqual(expected);
});

test('what was not foretold in this second is not told', () => {
  expect(addMappingSamples([sample(1)], [sample(1)], null)).not.toHaveProperty('forecast');
});

test('packets of the host are added, refusals by name', () => {
  const one = OnlineSample.parse({
    type: 'online-sample',
    atMs: 5,
    captured: { frames: 1, dropped: 2, truncated: 3, malformed: 4, fragments: 5 },
    sent: { packets: 6, failed: 7, forbidden: 8, failedBy: { EPERM: 7 } },
    answers: { received: 9, malformed: 10, unknown: 11 },
    relays: { dropped: 12, captureDropped: 13 },
    shedding: { sessions: 14, reason: 'shedding', forMs: 3000 },
  });
  const other = { ...one, atMs: 6, sent: { ...one.sent, failedBy: { EPERM: 1, ENOBUFS: 6 } } };
  expect(OnlineSample.parse(addOnlineSamples([one, other], [one.shedding!, { reason: null, forMs: null }]))).toEqual({
    type: 'online-sample',
    atMs: 6,
    captured: { frames: 2, dropped: 4, truncated: 6, malformed: 8, fragments: 10 },
    sent: { packets: 12, failed: 14, forbidden: 16, failedBy: { EPERM: 8, ENOBUFS: 6 } },
    answers: { received: 18, malformed: 20, unknown: 22 },
    relays: { dropped: 24, captureDropped: 26 },
    shedding: { sessions: 28, reason: '1 of 2 packet paths: shedding', forMs: 3000 },
  });
  expect(addOnlineSamples([one], [{ reason: null, forMs: null }]).shedding).toEqual({ sessions: 14, reason: null, forMs: null });
});

const chosenOf = (count: number) => {
  const reservoir = new Reservoir(64, Math.random);
  for (let pair = 0; pair < count; pair++) reservoir.offer(100, 150);
  return base64(reservoir.encode());
};
const side = (count: number, ...us: number[]) => ({ count, errors: 1, firstByte: histogramOf(...us), lastByte: null });
const second = (kinds: string[], count: number): ComparisonSecond => ({
  type: 'comparison',
  mappingId: 'm',
  run: 'r',
  sequence: 5,
  secondMs: 10_000,
  ageMs: count,
  connect: { online: histogramOf(count), target: null },
  kinds: kinds.map((kind) => ({
    kind,
    online: side(count, 10),
    target: side(count, 20),
    held: null,
    pairs: { count, difference: histogramOf(50), chosen: chosenOf(count) },
  })),
  counts: { online: { resets: count, notUnderstood: 2, clockSet: 3 }, target: { resets: 4, notUnderstood: 5, clockSet: 6 } },
});

test('seconds of comparison are those of one run, kind by kind', () => {
  const sum = new ComparisonSum();
  const added = sum.add([second(['GET'], 1), second(['SET', 'GET'], 2)], 10_000);
  const both = { count: 3, errors: 2, firstByte: histogramOf(10, 10), lastByte: null };
  expect(added).toMatchObject({ sequence: 0, secondMs: 10_000, ageMs: 1, connect: { online: histogramOf(1, 2), target: null } });
  expect(added.kinds.map(({ kind }) => kind)).toEqual(['GET', 'SET']);
  expect(added.kinds[0]).toMatchObject({ online: both, pairs: { count: 3, difference: histogramOf(50, 50), chosen: chosenOf(3) } });
  expect(added.counts).toEqual({ online: { resets: 3, notUnderstood: 4, clockSet: 6 }, target: { resets: 8, notUnderstood: 10, clockSet: 12 } });
  const next = sum.add([second(['GET'], 1)], 11_000);
  expect([next.run, next.sequence, next.secondMs]).toEqual([added.run, 1, 11_000]);
});

test('kinds beyond those that are told apart are one, and stay it', () => {
  const sum = new ComparisonSum();
  const names = (from: number) => Array.from({ length: 64 }, (_, index) => `kind ${from + index}`);
  const added = ComparisonSecondSchema.parse(sum.add([second(names(0), 1), second(names(32), 1)], 10_000));
  expect(added.kinds).toHaveLength(65);
  expect(added.kinds.find(({ kind }) => kind === OTHER)?.online.count).toBe(32);
  expect(sum.add([second(['kind 90', 'kind 1'], 1)], 11_000).kinds.map(({ kind }) => kind)).toEqual([OTHER, 'kind 1']);
});
