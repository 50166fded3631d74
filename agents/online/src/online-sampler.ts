// One second of the packets of this host: what grew since the last sample.
import { grown } from '@parallax/agent-kit/child';
import type { CaptureCounters, InjectCounters } from '@parallax/device';
import type { OnlineSample } from '@parallax/protocol';
import type { PipelineDrops } from './pipeline.ts';

/** Cumulative counts of the packet path. */
export interface PathCounts {
  capture: CaptureCounters;
  inject: InjectCounters;
  drops: Readonly<PipelineDrops>;
  /** Headers of answers taken from relays. */
  answers: number;
  /** Sessions left out, or cut short, for the sake of the host. */
  sessionsShed: number;
  relays: { dropped: number; captureDropped: number };
}

/** Why sessions are left out now, and for how long already. */
export type SheddingNow = Pick<NonNullable<OnlineSample['shedding']>, 'reason' | 'forMs'>;

type Totals = Omit<OnlineSample, 'type' | 'atMs' | 'shedding'> & { sessionsShed: number };

const totalsOf = ({ capture, inject, drops, answers, sessionsShed, relays }: PathCounts): Totals => ({
  captured: {
    frames: capture.captured,
    dropped: capture.dropped,
    truncated: capture.truncated,
    malformed: drops.malformed,
    fragments: drops.fragments,
  },
  sent: { packets: inject.sent, failed: inject.failed, forbidden: inject.forbidden, failedBy: inject.failedBy },
  answers: { received: answers, malformed: drops.malformedAnswers, unknown: drops.unknownAnswers },
  relays,
  sessionsShed,
});

export class OnlineSampler {
  #last: Totals;

  constructor(counts: PathCounts) {
    this.#last = totalsOf(counts);
  }

  take(counts: PathCounts, shedding: SheddingNow): OnlineSample {
    const last = this.#last;
    const now = totalsOf(counts);
    this.#last = now;
    const { failedBy, ...sent } = now.sent;
    const { failedBy: failedBefore, ...sentBefore } = last.sent;
    return {
      type: 'online-sample',
      atMs: Date.now(),
      captured: grown(now.captured, last.captured),
      sent: { ...grown(sent, sentBefore), failedBy: Object.fromEntries(Object.entries(grown(failedBy, failedBefore)).filter(([, count]) => count > 0)) },
      answers: grown(now.answers, last.answers),
      relays: grown(now.relays, last.relays),
      shedding: { sessions: now.sessionsShed - last.sessionsShed, ...shedding },
    };
  }
}
