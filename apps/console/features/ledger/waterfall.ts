// The account as a fall: from all that was captured, stage by stage, to what was answered. Pure.
import type { Ledger, LedgerBucket, LedgerBuckets } from '@parallax/protocol';
import { ledgerBuckets } from '@parallax/protocol';

export const accounts = ['copies', 'exchanges', 'bytes'] as const;
export type Account = (typeof accounts)[number];

export type Stage = 'captured' | 'sampled' | 'copied' | 'delivered' | 'answered';

/** What falls out on the way to each stage. */
const falls: readonly { stage: Stage; buckets: readonly LedgerBucket[] }[] = [
  { stage: 'captured', buckets: [] },
  { stage: 'sampled', buckets: ['sampledOut'] },
  { stage: 'copied', buckets: ['midStreamSkipped', 'captureDrop', 'overLimit', 'noPortFree'] },
  {
    stage: 'delivered',
    buckets: ['unfillableGap', 'sendFailed', 'refusedByTarget', 'resetByTarget', 'closedEarlyByTarget', 'timedOut', 'stopped', 'inFlight'],
  },
  { stage: 'answered', buckets: ['deliveredUnanswered'] },
];

/** A stage with what is left at it, or a bucket with what fell into it; `from` is where it begins, both of `total`. */
export type Step = { from: number; count: number } & ({ stage: Stage } | { bucket: LedgerBucket });

export const totalOf = (buckets: LedgerBuckets): number => ledgerBuckets.reduce((sum, bucket) => sum + buckets[bucket], 0);

/** Every bucket once, between the stages that it separates. Bytes are not answered, only delivered. */
export function waterfallOf(ledger: Ledger, account: Account): { total: number; steps: Step[] } {
  const buckets = ledger[account];
  const total = totalOf(buckets);
  const steps: Step[] = [];
  let left = total;
  for (const fall of falls) {
    if (fall.stage === 'answered' && account === 'bytes') continue;
    for (const bucket of fall.buckets) {
      left -= buckets[bucket];
      steps.push({ bucket, from: left, count: buckets[bucket] });
    }
    steps.push({ stage: fall.stage, from: 0, count: left });
  }
  return { total, steps };
}
