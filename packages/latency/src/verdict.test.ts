import { describe, expect, test } from 'vitest';
import { type PairBlock, PairedBootstrap } from './bootstrap.ts';
import { seededRandom } from './random.ts';
import { Reservoir } from './reservoir.ts';
import { REPLICATES, type Verdict, verdictOf } from './verdict.ts';

type Random = () => number;
const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/**
 * A minute of a service: each exchange has a work of its own (lognormal, both servers do the same), each server its own jitter and rare pauses, and
 * whole seconds are busier than others, for both and for each by itself. `slower`: how much longer the target's service takes.
 */
function window(random: Random, slower: number, seconds = 60, perSecond = 60): PairBlock[] {
  let load = 0;
  const server = (work: number, busy: number) => {
    const pauseUs = random() < 0.01 ? 2000 * random() : 0;
    return work * Math.exp(0.15 * normal(random) + busy) + pauseUs + 20 * random();
  };
  return Array.from({ length: seconds }, () => {
    load = 0.7 * load + 0.15 * normal(random);
    const [onlineBusy, targetBusy] = [load + 0.04 * normal(random), load + 0.04 * normal(random)];
    const chosen = new Reservoir(64, random);
    for (let at = 0; at < perSecond; at++) {
      const work = 400 * Math.exp(0.5 * normal(random));
      chosen.offer(server(work, onlineBusy), server(work, targetBusy) * (1 + slower));
    }
    return { seen: chosen.seen, onlineUs: chosen.onlineUs.subarray(0, chosen.size), targetUs: chosen.targetUs.subarray(0, chosen.size) };
  });
}

function judge(blocks: PairBlock[], seed: number): Verdict[] {
  const bootstrap = new PairedBootstrap(blocks, [50, 90, 99], seed);
  bootstrap.run(REPLICATES);
  return bootstrap.estimates().map((estimate) => verdictOf(bootstrap, estimate, 0));
}

describe('100 windows each', () => {
  const seed = 20_261_124;
  const count = (slower: number): Record<string, number> => {
    const random = seededRandom(seed);
    const found: Record<string, number> = { different: 0 };
    for (let at = 0; at < 100; at++) {
      const verdicts = judge(window(random, slower), seed + at).filter(({ outcome }) => outcome !== 'same');
      for (const { percent, outcome } of verdicts)
        found[`${percent === null ? 'mean' : `p${percent}`} ${outcome}`] = (found[`${percent === null ? 'mean' : `p${percent}`} ${outcome}`] ?? 0) + 1;
      if (verdicts.length > 0) found.different!++;
    }
    console.log(`seed ${seed}, target ${slower * 100} % slower: called different in ${found.different} of 100 windows; ${JSON.stringify(found)}`);
    return found;
  };

  test('two equal servers are called different in at most 5', { timeout: 120_000 }, () => {
    expect(count(0).different).toBeLessThanOrEqual(5);
  });

  test('10 % more service time is found in at least 95, and never taken for less', { timeout: 120_000 }, () => {
    const found = count(0.1);
    for (const name of ['p50', 'p90', 'mean']) expect(found[`${name} slower`]).toBeGreaterThanOrEqual(95);
    expect(Object.keys(found).filter((name) => name.includes('faster'))).toEqual([]);
  });
});

test('the interval holds the true difference about as often as it says', { timeout: 120_000 }, () => {
  const seed = 7;
  const random = seededRandom(seed);
  let holds = 0;
  const truth = 400 * 0.1 * Math.exp(0); // the median of a lognormal is its scale, give or take jitter of 10 µs × 0.1
  for (let at = 0; at < 50; at++) {
    const [median] = judge(window(random, 0.1), seed + at);
    if (median!.within95[0] <= truth + 5 && median!.within95[1] >= truth) holds++;
  }
  console.log(`seed ${seed}: the 95 % interval of the median held the truth in ${holds} of 50 windows`);
  expect(holds).toBeGreaterThanOrEqual(44);
});

const flat = (seconds: number, perSecond: number, deltaUs: number): PairBlock[] =>
  Array.from({ length: seconds }, (_, second) => {
    const onlineUs = Array.from({ length: perSecond }, (_, at) => 500 + ((second * 31 + at * 17) % 400));
    return { seen: perSecond, onlineUs, targetUs: onlineUs.map((us) => us + deltaUs) };
  });

test.each([
  ['a constant difference is found exactly', flat(30, 50, 420), 'slower', 420],
  ['in either direction', flat(30, 50, -42), 'faster', -42],
  ['none is none', flat(30, 50, 0), 'same', 0],
])('%s', (_, blocks, outcome, deltaUs) => {
  const [median] = judge(blocks, 1);
  expect(median).toMatchObject({ outcome, deltaUs, within95: [deltaUs, deltaUs], lacks: null });
});

test.each([
  ['no pairs at all', [], undefined],
  ['ten seconds', flat(10, 200, 50), 'paired exchanges in only 10 spans of time, 20 are needed'],
  ['too few for p99', flat(30, 20, 50), '600 paired exchanges, p99 needs 1000'],
])('not enough data: %s', (_, blocks, lacks) => {
  const verdict = judge(blocks, 1).find(({ percent }) => percent === 99);
  expect(verdict?.lacks).toBe(lacks);
  if (verdict !== undefined) expect(verdict.outcome).toBe('not enough data');
});

test('the same seed gives the same interval', () => {
  const blocks = window(seededRandom(5), 0.02);
  expect(judge(blocks, 3)).toEqual(judge(blocks, 3));
  expect(judge(blocks, 3)[2]!.within95).not.toEqual(judge(blocks, 4)[2]!.within95);
});

test('a second that had more exchanges than were kept counts for all of them', () => {
  const busy: PairBlock = { seen: 6400, onlineUs: new Array(64).fill(100), targetUs: new Array(64).fill(100) };
  const calm: PairBlock = { seen: 64, onlineUs: new Array(64).fill(900), targetUs: new Array(64).fill(900) };
  const bootstrap = new PairedBootstrap([busy, calm], [50, 98], 1);
  expect(bootstrap.estimates().map(({ onlineUs }) => onlineUs)).toEqual([100, 100, (6400 * 100 + 64 * 900) / 6464]);
  expect(bootstrap.seen).toBe(6464);
});
