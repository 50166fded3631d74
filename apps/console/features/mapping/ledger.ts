// The buckets of the account, in words and in the order in which copies fall out of it.
import type { LedgerBucket } from '@parallax/protocol';

/** `aside`: by nobody's fault, so it counts neither way. */
type Kind = 'good' | 'aside' | 'lost';
export type BucketWords = { bucket: LedgerBucket; label: string; means: string; kind: Kind };

export const bucketWords: readonly BucketWords[] = [
  { bucket: 'sampledOut', label: 'Sampled out', means: 'left out by the mapping’s selection, or by a multiplier below 1', kind: 'aside' },
  { bucket: 'midStreamSkipped', label: 'Already open', means: 'the session had begun before the mapping was started, so it is not copied', kind: 'aside' },
  { bucket: 'captureDrop', label: 'Dropped by capture', means: 'the kernel of the online server had no room for packets of it', kind: 'lost' },
  { bucket: 'overLimit', label: 'Over a limit', means: 'more sessions or bytes than the limits of the online agent permit', kind: 'lost' },
  { bucket: 'noPortFree', label: 'No port free', means: 'every port for copies of this client was taken', kind: 'lost' },
  {
    bucket: 'refusedByTarget',
    label: 'Refused by target',
    means: 'the target answered the first packet with a reset: nothing listens there, or its queue is full',
    kind: 'lost',
  },
  { bucket: 'resetByTarget', label: 'Reset by target', means: 'the target broke the connection off', kind: 'lost' },
  {
    bucket: 'closedEarlyByTarget',
    label: 'Closed early by target',
    means: 'the target ended the connection before the client did, such as at a keep-alive limit',
    kind: 'lost',
  },
  { bucket: 'timedOut', label: 'Timed out', means: 'the target did not answer for too long', kind: 'lost' },
  { bucket: 'sendFailed', label: 'Not sent', means: 'the kernel of the online server refused to send its packets', kind: 'lost' },
  { bucket: 'unfillableGap', label: 'Gap in capture', means: 'bytes of the client were missed by the capture and never came again', kind: 'lost' },
  { bucket: 'stopped', label: 'Ended by stop', means: 'the mapping was stopped while the copy was open', kind: 'aside' },
  { bucket: 'inFlight', label: 'Open now', means: 'not ended yet', kind: 'aside' },
  {
    bucket: 'deliveredUnanswered',
    label: 'Delivered, no answer',
    means: 'every byte reached the target; it closed without answering the last of them',
    kind: 'good',
  },
  { bucket: 'delivered', label: 'Delivered', means: 'every byte reached the target and was answered', kind: 'good' },
];
