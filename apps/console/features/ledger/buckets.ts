// The buckets of the account in words: what each means, and what to do when it grows.
import type { LedgerBucket } from '@parallax/protocol';

/** `aside`: by nobody's fault, so it counts neither way. */
export type Kind = 'good' | 'aside' | 'lost';
/** `remedy` is null where there is nothing to mend. */
export type BucketWords = { label: string; means: string; remedy: string | null; kind: Kind };

export const bucketWords: Record<LedgerBucket, BucketWords> = {
  delivered: { label: 'Answered', means: 'every byte reached the target, and it answered', remedy: null, kind: 'good' },
  deliveredUnanswered: {
    label: 'Delivered, no answer',
    means: 'every byte reached the target; it did not answer within 10 s, or closed without an answer',
    remedy: 'Usual where requests have no answer, as in logging. Otherwise the target is too slow: look at its load and its log.',
    kind: 'good',
  },
  sampledOut: {
    label: 'Sampled out',
    means: 'left out by the mapping’s selection, or by a multiplier below 1',
    remedy: 'As the mapping says: edit its selection or multiplier to copy more.',
    kind: 'aside',
  },
  midStreamSkipped: {
    label: 'Already open',
    means: 'the session had begun before the mapping was started, so it is not copied',
    remedy: 'Clients are copied from their next connection on; restart their connection pools if it matters.',
    kind: 'aside',
  },
  captureDrop: {
    label: 'Dropped by the kernel',
    means: 'the kernel of the online server had no room for captured packets, and what is missing here was among them',
    remedy: 'Give the online agent more CPU, mirror fewer ports with it, or turn GRO on. “Packets” on this page counts the losses.',
    kind: 'lost',
  },
  unfillableGap: {
    label: 'Gap in the capture',
    means: 'the online server has bytes of the client that the capture never saw, and the kernel counted no loss',
    remedy: 'Part of the traffic takes another interface or path: compare with tcpdump on the online server.',
    kind: 'lost',
  },
  noPortFree: {
    label: 'No port free',
    means: 'no port of the client’s address was free at the target for another copy, or client and target speak different IP versions',
    remedy: 'Lower the multiplier, or make one mapping for each IP version.',
    kind: 'lost',
  },
  refusedByTarget: {
    label: 'Refused by target',
    means: 'the target answered the first packet with a reset',
    remedy: 'Nothing listens there, or a firewall rejects: check the service, its address and port.',
    kind: 'lost',
  },
  resetByTarget: {
    label: 'Reset by target',
    means: 'the target broke the connection off',
    remedy: 'Its application ends connections, as after a failed login or a crash: read its log.',
    kind: 'lost',
  },
  closedEarlyByTarget: {
    label: 'Closed early by target',
    means: 'the target closed while the client still had something to say, and the online server had not',
    remedy: 'Compare keep-alive and idle limits of both servers.',
    kind: 'lost',
  },
  timedOut: {
    label: 'Timed out',
    means: 'the target stayed silent for too long, or the session itself did',
    remedy: 'Many: copies or answers are lost on their way; see Routes below. Single ones: connections that fell silent.',
    kind: 'lost',
  },
  overLimit: {
    label: 'Over a limit',
    means: 'the online agent had no room for it, or left it out to spare its host (--max-cpu, --max-memory, --max-pps)',
    remedy:
      'If “Packets” on this page counts sessions left out, give the agent more of its host. Otherwise the target is slower than the load: lower the multiplier, or copy a share of the sessions.',
    kind: 'lost',
  },
  sendFailed: {
    label: 'Not sent',
    means: 'the kernel of the online server refused to send its packets',
    remedy: '“Packets” on this page names the error: EPERM is a firewall rule, EMSGSIZE the MTU, ENOBUFS a full queue, EHOSTUNREACH no route.',
    kind: 'lost',
  },
  stopped: { label: 'Ended by stop', means: 'the mapping was stopped, or led elsewhere, while the copy was open', remedy: null, kind: 'aside' },
  inFlight: { label: 'Open now', means: 'not ended yet', remedy: null, kind: 'aside' },
};
