import { z } from 'zod';

/**
 * The buckets in which every captured session (of its copies) ends. Cumulative counts since the packet path started.
 * `inFlight` is what has not ended yet, so that the buckets always sum to `copies`.
 */
export const ledgerBuckets = [
  'delivered',
  'deliveredUnanswered',
  'sampledOut',
  'midStreamSkipped',
  'unfillableGap',
  'noPortFree',
  'refusedByTarget',
  'resetByTarget',
  'closedEarlyByTarget',
  'timedOut',
  'overLimit',
  'stopped',
  'inFlight',
] as const;
export const LedgerBucket = z.enum(ledgerBuckets);
export type LedgerBucket = z.infer<typeof LedgerBucket>;

const count = z.int().min(0);

/** The account of one mapping: sessions are counted once, copies once for each copy asked for. */
export const Ledger = z.object({ copies: z.record(LedgerBucket, count), bytesCaptured: count, bytesDelivered: count, bytesInFlight: count, bytesLost: count });
export type Ledger = z.infer<typeof Ledger>;
