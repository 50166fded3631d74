import type { SessionTrace, TracedMoment } from '@parallax/protocol';

/** Older moments are forgotten. */
const keptMoments = 1_000;

/** One followed session, as far as it was told: its moments in order of time. */
export type Trace = Omit<SessionTrace, 'moments'> & {
  moments: readonly TracedMoment[];
  /** The agent follows it: what is said from now on is told. */
  isTold: boolean;
  /** Time of the first moment told, µs since 1970; null before any. */
  firstAtUs: number | null;
};

export const emptyTrace = (sessionId: string): Trace => ({
  sessionId,
  clientIss: null,
  onlineIss: null,
  copies: [],
  moments: [],
  omitted: 0,
  isTold: false,
  firstAtUs: null,
});

/** The trace with what was told of its session since; the same object if that is nothing. */
export function extendTrace(trace: Trace, told: readonly SessionTrace[] | undefined): Trace {
  const more = told?.find(({ sessionId }) => sessionId === trace.sessionId);
  if (more === undefined || (trace.isTold && more.moments.length === 0 && more.omitted === 0)) return trace;
  const moments = [...trace.moments, ...more.moments].sort((a, b) => a.atUs - b.atUs).slice(-keptMoments);
  return {
    sessionId: trace.sessionId,
    clientIss: more.clientIss ?? trace.clientIss,
    onlineIss: more.onlineIss ?? trace.onlineIss,
    copies: more.copies.length > 0 ? more.copies : trace.copies,
    moments,
    omitted: trace.omitted + more.omitted,
    isTold: true,
    firstAtUs: trace.firstAtUs ?? moments[0]?.atUs ?? null,
  };
}
