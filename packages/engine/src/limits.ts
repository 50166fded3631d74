/** Bounds and spans of the engine; every one can be set by a test. */
export interface Limits {
  /** Largest IP packet that may be sent, bytes (the interface's MTU). */
  mtuBytes: number;
  /** Largest segment that copies offer and send, payload bytes without options. */
  mssBytes: number;
  /** Client bytes held for one session at most. */
  sessionBytes: number;
  /** Client bytes waiting beyond a gap at most. */
  gapBytes: number;
  /** Sessions that are copied. */
  sessions: number;
  /** Sessions that are not copied, but known, so that each is counted once. */
  sessionsLeftAlone: number;
  /** Requests that not every copy of their session has seen answered, in all and of one session; beyond, they are not paired. */
  exchanges: number;
  exchangesOfSession: number;
  /** A session on which nothing was captured for so long is given up. */
  idleOpenMs: number;
  /** The same once it is over on the online side, or was never completed; a copy that goes on delivering is left alone. */
  idleDoneMs: number;
  /** What is found missing within so long of packets lost by the kernel was lost there: the client may say again what was lost before it. */
  dropSpanMs: number;
  /** Late packets of a session that ended are recognised for so long. */
  endedKeptMs: number;
  /** A session of which nothing was heard for so long, and which waits for nothing, is parked. */
  parkAfterMs: number;
  /** A turn that the target does not answer for so long lets the next one go. */
  answerTimeoutMs: number;
  /** An answer without PSH is complete after so long a quiet, at least (tcp-behaviour, pacing). */
  quietMs: number;
  /** The target's data are acknowledged at the latest after this (RFC 9293 §3.8.6.3 allows 500). */
  delayedAckMs: number;
  rtoInitialMs: number;
  rtoMinMs: number;
  rtoMaxMs: number;
  /** A target that acknowledges nothing for so long is given up, whatever repetitions are left. */
  targetTimeoutMs: number;
  /** The tail of a flight is probed no sooner: Linux delays acknowledgements by up to 40 ms. */
  probeLeastMs: number;
  /** While the assistant does not say that it has told all, a time-out is put off for so long at most. */
  unheardMostMs: number;
  synRetries: number;
  retries: number;
  /** A pair of address and port is not used anew for so long after the target was the first to close there. */
  timeWaitMs: number;
  /** The same where timestamps were agreed on, by which the target tells the new connection from the old. */
  timeWaitStampedMs: number;
  /** Resets said at once, and in each second from then on. What is beyond waits. */
  resetsAtOnce: number;
  resetsPerSecond: number;
  /** A finished copy answers late segments for so long. */
  lingerMs: number;
  /** Behind a copy that came to nothing, the session's next one opens no sooner than this; doubled each time up to `reopenMostMs`. */
  reopenMs: number;
  reopenMostMs: number;
}

export const defaultLimits: Limits = {
  mtuBytes: 1500,
  mssBytes: 65_535,
  sessionBytes: 8 << 20,
  gapBytes: 8 << 20,
  sessions: 200_000,
  sessionsLeftAlone: 50_000,
  exchanges: 1 << 18,
  exchangesOfSession: 1 << 12,
  idleOpenMs: 30 * 60_000,
  idleDoneMs: 90_000, // a client's SYN is repeated after at most 64 s
  dropSpanMs: 2000,
  endedKeptMs: 5000,
  parkAfterMs: 10_000,
  answerTimeoutMs: 10_000,
  quietMs: 2,
  delayedAckMs: 20,
  rtoInitialMs: 1000, // RFC 6298 §2.1
  rtoMinMs: 200,
  rtoMaxMs: 60_000,
  targetTimeoutMs: Number.POSITIVE_INFINITY,
  probeLeastMs: 50,
  unheardMostMs: 2500, // one that is silent for 2 s counts as gone
  synRetries: 5,
  retries: 10,
  timeWaitMs: 60_000, // Linux, TCP_TIMEWAIT_LEN
  timeWaitStampedMs: 1000, // RFC 6191 §2
  resetsAtOnce: 10_000,
  resetsPerSecond: 10_000,
  lingerMs: 1000,
  reopenMs: 250,
  reopenMostMs: 1000,
};
