import { seededRandom } from '@parallax/latency';
import { ComparisonQuery, type ComparisonStored, type ComparisonView } from '@parallax/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Store } from '../store/store.ts';
import { comparisonSecond, type Exchange } from '../testing/seconds.ts';
import { temporaryStore } from '../testing/temporary-store.ts';
import { Asking } from './ask.ts';
import { Comparisons } from './comparisons.ts';
import { kindsCsv, pointsCsv } from './csv.ts';
import { defaultLevels, Levels } from './levels.ts';
import { noCounts, unpackTotal } from './pack.ts';
import { Reader } from './reader.ts';
import { packSecond } from './second.ts';

const startMs = 1_795_000_000_000 - (1_795_000_000_000 % 3_600_000);
const quiet = { error() {} };

let store: Store;
let nowMs: number;
let comparisons: Comparisons;
let asking: Asking;
const stored: ComparisonStored[] = [];

async function open(levels = defaultLevels()) {
  comparisons = new Comparisons({ store, levels, log: quiet, now: () => nowMs, mappingIds: () => ['m'] });
  asking = new Asking(new Reader(store, levels, comparisons.rollUp), levels, () => nowMs);
  await comparisons.open();
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  store = await temporaryStore();
  nowMs = startMs;
  stored.length = 0;
  await open();
});
afterEach(async () => {
  await comparisons.close();
  await store.close();
  vi.useRealTimers();
});

/** Tells seconds [from, to) counted from the start; each at its end. */
async function tell(from: number, to: number, exchanges: (second: number) => Exchange[], rollsUp = true) {
  for (let second = from; second < to; second++) {
    nowMs = startMs + (second + 1) * 1000;
    comparisons.add(comparisonSecond('m', startMs + second * 1000, exchanges(second)), (one) => stored.push(one));
    if (second % 10 === 9) {
      await comparisons.settled();
      if (rollsUp) await comparisons.rollUp.run(nowMs + 3000);
    }
  }
  await comparisons.settled();
}

const steady = (second: number): Exchange[] => [
  { kind: 'GET', onlineUs: 100 + second, targetUs: 150 + second },
  { kind: 'SET', onlineUs: 1000, targetUs: 900, isError: second === 3 },
];
const ask = (from: number, to: number, change: Partial<ComparisonQuery> = {}): Promise<ComparisonView> =>
  asking.comparison('m', { fromMs: startMs + from * 1000, toMs: startMs + to * 1000, kind: null, stepS: null, measure: 'firstByte', ...change });
const times = (view: ComparisonView) => view.points.map(({ atMs }) => (atMs - startMs) / 1000);

test('a second is told back as it was, and told stored only when it is', async () => {
  await tell(0, 5, steady);
  expect(stored.map(({ sequence }) => sequence - startMs / 1000)).toEqual([0, 1, 2, 3, 4]);
  const view = await ask(0, 5);
  expect(times(view)).toEqual([0, 1, 2, 3, 4]);
  expect(view.points[3]).toEqual({
    atMs: startMs + 3000,
    seconds: 1,
    resets: { online: 0, target: 0 },
    online: { count: 2, errors: 0, p50Us: 103, p90Us: 1000, p99Us: 1000, p999Us: 1000 },
    target: { count: 2, errors: 1, p50Us: 153, p90Us: 900, p99Us: 900, p999Us: 900 },
    difference: { count: 2, p10Us: -100, p50Us: -100, p90Us: 50 },
  });
  expect(view.whole).toMatchObject({ seconds: 5, online: { count: 10 }, target: { errors: 1 } });
  expect(view.kinds.map(({ kind, online }) => [kind, online.count])).toEqual([
    ['GET', 5],
    ['SET', 5],
  ]);
  expect(view.pairs).toHaveLength(10);
});

test('each kind can be asked for by itself', async () => {
  await tell(0, 5, steady);
  const view = await ask(0, 5, { kind: 'SET' });
  expect(view.points.map(({ online }) => online.p50Us)).toEqual([1000, 1000, 1000, 1000, 1000]);
  expect(view.whole).toMatchObject({ kind: 'SET', online: { count: 5 } });
  expect(view.pairs).toEqual(Array.from({ length: 5 }, () => [1000, 900]));
  expect((await ask(0, 5, { kind: 'DEL' })).whole.online.count).toBe(0);
});

test('a gap is a gap, and a quiet second is not one', async () => {
  await tell(0, 3, steady);
  await tell(3, 5, () => []);
  await tell(8, 10, steady);
  const view = await ask(0, 12);
  expect(times(view)).toEqual([0, 1, 2, 3, 4, 8, 9]);
  expect(view.points[3]!.online).toEqual({ count: 0, errors: 0, p50Us: null, p90Us: null, p99Us: null, p999Us: null });
  expect(view.whole.seconds).toBe(7);
});

// 25 minutes of traffic that changes: every level must say what the seconds say, within its precision.
test('every level says what the seconds say', { timeout: 60_000 }, async () => {
  const random = seededRandom(9);
  const all: number[] = [];
  await tell(0, 1500, (second) =>
    Array.from({ length: 3 }, () => {
      const onlineUs = Math.round(100 * Math.exp(3 * random()) + second);
      all.push(onlineUs);
      return { kind: random() < 0.5 ? 'a' : 'b', onlineUs, targetUs: onlineUs + 40 };
    }),
  );
  for (const [stepS, points] of [
    [1, 1500],
    [10, 150],
    [60, 25],
    [600, 3],
    [3600, 1],
  ] as const) {
    const view = await ask(0, 1500, { stepS });
    expect(view.points).toHaveLength(points);
    expect(view.points.reduce((sum, { online }) => sum + online.count, 0)).toBe(4500);
    expect(view.whole.seconds).toBe(1500);
    expect(view.kinds.reduce((sum, { target }) => sum + target.count, 0)).toBe(4500);
    const of = all.slice(0, 3 * Math.min(stepS, 1500)).sort((a, b) => a - b);
    expect(Math.abs(view.points[0]!.online.p90Us! / of[Math.ceil(of.length * 0.9) - 1]! - 1)).toBeLessThan(0.005);
    expect(view.points[0]!.difference.p50Us).toBe(40);
    for (const [at, row] of view.heat.online.entries()) expect(row.reduce((sum, count) => sum + count, 0)).toBe(view.points[at]!.online.count);
  }
  expect((await ask(0, 1500)).stepMs).toBe(10_000);
});

test('while much is rolled up, other work has its turn', async () => {
  const exchanges = Array.from({ length: 100 }, (_, at) => ({ kind: `kind ${at % 20}`, onlineUs: 100 + 37 * at, targetUs: 120 + 41 * at }));
  const ids = Array.from({ length: 40 }, (_, at) => `mapping ${at}`);
  for (const mappingId of ids) {
    const atMs = Array.from({ length: 10 }, (_, second) => startMs + second * 1000);
    await store.putSpans(atMs.map((each) => ({ mappingId, stepS: 1, atMs: each, ...packSecond(comparisonSecond(mappingId, each, exchanges)) })));
    for (const each of atMs) comparisons.rollUp.touch(0, mappingId, each);
  }
  const longestMs = await longestTurnMs(() => comparisons.rollUp.run(startMs + 13_000));
  expect(await store.lastSpanAtMs('mapping 39', 10)).toBe(startMs);
  expect(longestMs.longest, `of ${longestMs.all} ms`).toBeLessThan(longestMs.all / 2);
});

/** The longest time without a turn for others, and the whole time, ms. */
async function longestTurnMs(work: () => Promise<unknown>): Promise<{ longest: number; all: number }> {
  const startedAtMs = performance.now();
  let [lastMs, longest] = [startedAtMs, 0];
  let isOver = false;
  const look = () => {
    longest = Math.max(longest, performance.now() - lastMs);
    lastMs = performance.now();
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  await work();
  isOver = true;
  await new Promise((resolve) => setImmediate(resolve));
  return { longest, all: performance.now() - startedAtMs };
}

test('after a restart, what was not rolled up is', async () => {
  await tell(0, 95, steady, false);
  await comparisons.close();
  expect(await store.lastSpanAtMs('m', 10)).toBeNull();
  await open();
  expect((await ask(0, 95, { stepS: 60 })).points.map(({ online }) => online.count)).toEqual([120, 70]);
  await comparisons.rollUp.run(startMs + 98_000);
  expect((await store.listSpanTimes({ mappingId: 'm', stepS: 10, fromMs: 0, toMs: nowMs + 1e6 })).length).toBe(9);
  expect(await store.lastSpanAtMs('m', 60)).toBe(startMs);
});

test('seconds that come late, after their minute was rolled up, count in every level', async () => {
  await tell(0, 20, steady);
  await tell(30, 130, steady);
  expect((await ask(0, 60, { stepS: 60 })).points[0]!.seconds).toBe(50);
  for (let second = 20; second < 30; second++)
    comparisons.add(comparisonSecond('m', startMs + second * 1000, steady(second), { ageMs: nowMs - startMs - (second + 1) * 1000 }), () => {});
  await comparisons.settled();
  expect((await ask(0, 60, { stepS: 60 })).points[0]!.seconds).toBe(60);
  await comparisons.rollUp.run(nowMs + 3000);
  expect((await ask(0, 60, { stepS: 60 })).points[0]!.online.count).toBe(120);
});

test('connections that were reset or not understood add up in every level; spans stored before they were counted have none', async () => {
  const counts = (second: number) => ({
    online: { resets: second, notUnderstood: 1, clockSet: 300 },
    target: { resets: 2, notUnderstood: 0, clockSet: second % 2 },
  });
  for (let second = 0; second < 60; second++) {
    nowMs = startMs + (second + 1) * 1000;
    comparisons.add(comparisonSecond('m', startMs + second * 1000, steady(second), { counts: counts(second) }), () => {});
  }
  await comparisons.settled();
  await comparisons.rollUp.run(nowMs + 3000);
  for (const stepS of [1, 10, 60]) {
    for (const kind of [null, 'GET']) {
      const view = await ask(0, 60, { stepS, kind });
      expect(view.counts).toEqual({ online: { resets: 1770, notUnderstood: 60, clockSet: 18_000 }, target: { resets: 120, notUnderstood: 0, clockSet: 30 } });
      expect(view.points[0]!.resets).toEqual({ online: (stepS * (stepS - 1)) / 2, target: 2 * stepS });
      expect(view.points).toHaveLength(60 / stepS);
    }
  }
  const { total } = packSecond(comparisonSecond('m', startMs, steady(0)));
  const older = unpackTotal(total.subarray(0, total.length - 6));
  expect(older).toEqual(unpackTotal(total));
  expect(older.counts).toEqual(noCounts());
});

test('a second told twice counts once', async () => {
  for (let time = 0; time < 2; time++) await tell(0, 3, steady);
  expect((await ask(0, 3)).whole.online.count).toBe(6);
});

test('seconds of an agent whose clock is wrong are put where they belong', async () => {
  nowMs = startMs + 10_000;
  for (let second = 0; second < 5; second++) {
    nowMs = startMs + 11_000 + second * 1000 + (second % 2) * 300; // some take longer on their way
    comparisons.add(comparisonSecond('m', startMs - 7_000_000 + second * 1000, steady(second)), () => {});
  }
  await comparisons.settled();
  expect(times(await ask(0, 30))).toEqual([10, 11, 12, 13, 14]);
});

test('what is too old is forgotten at its level and still known at the next', async () => {
  await comparisons.close();
  await open(Levels.parse('1s=11m,10s=14m'));
  await tell(0, 60, steady);
  nowMs = startMs + 900_000;
  vi.advanceTimersByTime(1000);
  await comparisons.settled();
  expect(await store.lastSpanAtMs('m', 1)).toBeNull();
  expect(await store.lastSpanAtMs('m', 10)).toBeNull();
  const view = await ask(0, 60);
  expect(view).toMatchObject({ stepMs: 60_000, whole: { online: { count: 120 } } });
});

test('a database that fails for a while loses nothing', async () => {
  const put = store.putSpans.bind(store);
  store.putSpans = () => Promise.reject(new Error('disk full'));
  await tell(0, 3, steady);
  expect(stored).toEqual([]);
  store.putSpans = put;
  await comparisons.settled();
  expect(stored).toHaveLength(3);
  expect(times(await ask(0, 3))).toEqual([0, 1, 2]);
});

test('a second with a histogram that is none is refused', () => {
  const bad = comparisonSecond('m', startMs, [{ onlineUs: 1, targetUs: 1 }]);
  bad.kinds[0]!.online.firstByte = Buffer.from([0x83]).toString('base64');
  expect(() => comparisons.add(bad, () => {})).toThrow('the bytes end in the middle of a number');
});

test('a verdict needs pairs in enough seconds, and then names the difference', async () => {
  const random = seededRandom(4);
  const slower = () =>
    Array.from({ length: 40 }, () => {
      const onlineUs = 300 + 200 * random();
      return { onlineUs, targetUs: onlineUs + 90 + 20 * random() };
    });
  await tell(0, 12, slower);
  const query = { fromMs: startMs, toMs: startMs + 60_000, kind: null, seed: 1, resolutionUs: 50 };
  expect((await asking.verdict('m', query)).lines[0]).toMatchObject({
    outcome: 'not enough data',
    lacks: 'paired exchanges in only 12 spans of time, 20 are needed',
  });
  await tell(12, 60, slower);
  const verdict = await asking.verdict('m', query);
  expect(verdict).toMatchObject({ pairs: 2400, used: 2400, blocks: 60, stepMs: 1000 });
  const median = verdict.lines.find(({ percent }) => percent === 50)!;
  expect(median.outcome).toBe('slower');
  expect(Math.abs(median.deltaUs - 100)).toBeLessThan(10);
  expect((await asking.verdict('m', { ...query, resolutionUs: 200 })).lines[0]!.outcome).toBe('same');
  expect((await asking.verdict('m', { ...query, kind: 'none' })).lines).toEqual([]);
});

test('CSV has a line for each step, and kinds cannot smuggle in formulas', async () => {
  await tell(0, 2, () => [{ kind: '=1+"2"', onlineUs: 10, targetUs: 12 }]);
  const view = await ask(0, 2);
  const lines = pointsCsv(view).split('\r\n');
  expect(lines).toHaveLength(4);
  expect(lines[1]).toBe(`${new Date(startMs).toISOString()},1,1,0,10,10,10,10,1,0,12,12,12,12,1,2,2,2,0,0`);
  expect(kindsCsv(view).split('\r\n')[1]).toBe(`"'=1+""2""",2,0,10,10,10,10,2,0,12,12,12,12,2,2,2,2`);
});

test.each([
  [{ from: '2026-11-24T12:00:00Z', to: '1795522000000' }, null],
  [{ from: 'yesterday', to: '1795522000000' }, '"yesterday" is not an instant'],
  [{ from: '1795522000000', to: '1795521000000' }, '"to" must be later than "from"'],
  [{ from: '1795520000000', to: '1795521000000', step: '7' }, 'step "7" is none of 1, 10, 60, 600, 3600'],
])('a query is checked: %o', (query, problem) => {
  const { success, error } = ComparisonQuery.safeParse(query);
  expect(success).toBe(problem === null);
  if (problem !== null) expect(error!.issues[0]!.message).toContain(problem);
});

test('a step too fine for the range is refused with the way out', async () => {
  await expect(ask(0, 86_400, { stepS: 1 })).rejects.toThrow(
    'this range has 86400 steps of 1 s, at most 4000 are answered: choose a larger step or a shorter range',
  );
});

test.each([
  ['1s=5m', '--keep: 1s must be kept for at least 11m'],
  ['10s=3d', '--keep: 10s is kept for longer than the coarser level behind it'],
  ['2s=5m', '--keep "2s=5m": give STEP=DURATION'],
  ['1s=1y', '--keep "1s=1y": give STEP=DURATION'],
])('how long to keep is checked: %s', (text, problem) => {
  expect(Levels.safeParse(text).error!.issues[0]!.message).toContain(problem);
});
