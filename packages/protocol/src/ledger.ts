import { z } from 'zod';

/** The buckets in which every copy, every exchange and every client byte ends. `inFlight` is what has not ended yet, so that the buckets always sum to all. */
export const ledgerBuckets = [
  'delivered',
  'deliveredUnanswered',
  'sampledOut',
  'midStreamSkipped',
  'captureDrop',
  'unfillableGap',
  'noPortFree',
  'refusedByTarget',
  'resetByTarget',
  'closedEarlyByTarget',
  'timedOut',
  'overLimit',
  'sendFailed',
  'stopped',
  'inFlight',
] as const;
export const LedgerBucket = z.enum(ledgerBuckets);
export type LedgerBucket = z.infer<typeof LedgerBucket>;

export const LedgerBuckets = z.record(LedgerBucket, z.int().min(0));
export type LedgerBuckets = z.infer<typeof LedgerBuckets>;

/** The account of one mapping, cumulative since the packet path started; everything once for each copy that was asked for. */
export const Ledger = z.object({ copies: LedgerBuckets, exchanges: LedgerBuckets, bytes: LedgerBuckets });
export type Ledger = z.infer<typeof Ledger>;
