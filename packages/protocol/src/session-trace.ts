// One session segment by segment, as its viewers see it: the client with the online server, and each copy with the target.
import { z } from 'zod';

/** So many sessions of a mapping can be followed at a time. */
export const MOST_FOLLOWED = 8;

export const SessionId = z.string().max(40);

const count = z.int().min(0);
/** A sequence number (RFC 9293 §3.4). */
const number32 = z.int().min(0).max(0xffff_ffff);

/** Times are µs since 1970 on the online host's clock. */
export const TracedSegment = z.object({
  what: z.literal('segment'),
  atUs: z.number(),
  from: z.enum(['client', 'online', 'copy', 'target']),
  /** Which of `copies`; null for client and online server. */
  copy: count.nullable(),
  seq: number32,
  ack: number32,
  /** As in the TCP header. */
  flags: z.int().min(0).max(0xff),
  payloadBytes: count,
  /** All of it had been said before. */
  isAgain: z.boolean(),
});
export type TracedSegment = z.infer<typeof TracedSegment>;

/** From here on the copy holds bytes back for another reason; null: it goes on. */
export const TracedHold = z.object({ what: z.literal('hold'), atUs: z.number(), copy: count, held: z.string().nullable(), waitingBytes: count });
export type TracedHold = z.infer<typeof TracedHold>;

export const TracedMoment = z.discriminatedUnion('what', [TracedSegment, TracedHold]);
export type TracedMoment = z.infer<typeof TracedMoment>;

/** What was seen of one session since the last time, in the order in which the agent came to know it. */
export const SessionTrace = z.object({
  sessionId: SessionId,
  /** Initial sequence numbers; null where the beginning was not captured. */
  clientIss: number32.nullable(),
  onlineIss: number32.nullable(),
  copies: z.array(z.object({ index: count, port: z.int(), targetIss: number32.nullable() })).max(50),
  moments: z.array(TracedMoment).max(500),
  /** So many more were seen and not told. */
  omitted: count,
});
export type SessionTrace = z.infer<typeof SessionTrace>;
