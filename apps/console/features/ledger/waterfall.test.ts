import { type LedgerBuckets, ledgerBuckets } from '@parallax/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ledger } from '../../testing/samples.ts';
import { bucketWords } from './buckets.ts';
import { totalOf, waterfallOf } from './waterfall.ts';

const stagesOf = (copies: Partial<LedgerBuckets>) =>
  Object.fromEntries(waterfallOf(ledger(copies), 'copies').steps.flatMap((step) => ('stage' in step ? [[step.stage, step.count]] : [])));

test('each stage holds what did not fall out before it', () => {
  expect(stagesOf({ sampledOut: 1, midStreamSkipped: 2, noPortFree: 4, timedOut: 8, inFlight: 16, deliveredUnanswered: 32, delivered: 64 })).toEqual({
    captured: 127,
    sampled: 126,
    copied: 120,
    delivered: 96,
    answered: 64,
  });
});

const anyBuckets = fc.record(Object.fromEntries(ledgerBuckets.map((bucket) => [bucket, fc.nat(2 ** 31)]))) as unknown as fc.Arbitrary<LedgerBuckets>;

test('whatever the counts, every bucket is drawn once, hangs from the bar above it, and the last stage is what was answered', () => {
  fc.assert(
    fc.property(anyBuckets, (copies) => {
      const { total, steps } = waterfallOf({ ...ledger(), copies }, 'copies');
      expect(total).toBe(totalOf(copies));
      const drawn = steps.flatMap((step) => ('bucket' in step ? [step.bucket] : []));
      expect([...drawn, 'delivered'].sort()).toEqual([...ledgerBuckets].sort());
      let left = total;
      for (const step of steps) {
        if ('stage' in step) expect([step.from, step.count]).toEqual([0, left]);
        else {
          expect(step.count).toBe(copies[step.bucket]);
          expect(step.from + step.count).toBe(left);
          left = step.from;
        }
      }
      expect(left).toBe(copies.delivered);
    }),
  );
});

test('bytes end with their delivery', () => {
  const buckets = { ...ledger().copies, delivered: 100, resetByTarget: 5 };
  const { total, steps } = waterfallOf({ ...ledger(), bytes: buckets }, 'bytes');
  expect([total, steps.at(-1)]).toEqual([105, { stage: 'delivered', from: 0, count: 100 }]);
});

test.each(ledgerBuckets)('%s: a loss says what to do', (bucket) => {
  const { kind, means, remedy } = bucketWords[bucket];
  expect(means.length).toBeGreaterThan(5);
  if (kind === 'lost') expect(remedy).toMatch(/^[A-Z“].*\.$/);
});
