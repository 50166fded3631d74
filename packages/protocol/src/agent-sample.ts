// One second of an agent's packets: what belongs to its host, and not to one mapping. Counts are of this second.
import { z } from 'zod';

const count = z.int().min(0);

export const OnlineSample = z.object({
  type: z.literal('online-sample'),
  atMs: z.number(),
  /** Frames that passed the filter; lost by the kernel for want of room; kept in part for want of room; without a whole TCP header; parts of IP packets. */
  captured: z.object({ frames: count, dropped: count, truncated: count, malformed: count, fragments: count }),
  /** Packets handed to the kernel; refused by it; to no configured target; the refusals by errno name. */
  sent: z.object({ packets: count, failed: count, forbidden: count, failedBy: z.record(z.string(), count) }),
  /** Headers of the targets' answers that came over relays; unreadable ones; those that belong to no copy. */
  answers: z.object({ received: count, malformed: count, unknown: count }),
  /** What the assistants say they could not hand on to this agent, and what their kernels lost. */
  relays: z.object({ dropped: count, captureDropped: count }),
  /** Sessions left out, or cut short, so that the host is not hurt; why that goes on now, and for how long already; both null while it does not. */
  shedding: z.object({ sessions: count, reason: z.string().nullable(), forMs: count.nullable() }).optional(),
});
export type OnlineSample = z.infer<typeof OnlineSample>;

/** `relayed` and `relayDropped` count a packet once for each online agent that wants it: given to its connection, or not, because it reads too slowly. */
export const AssistantSample = z.object({
  type: z.literal('assistant-sample'),
  atMs: z.number(),
  /** Answers that passed the filter; lost by the kernel for want of room; unreadable; wanted by no online agent. */
  packets: z.object({ captured: count, captureDropped: count, malformed: count, unrouted: count, relayed: count, relayDropped: count }),
});
export type AssistantSample = z.infer<typeof AssistantSample>;

/** What the pages know an agent's second by. */
export const AgentSample = z.discriminatedUnion('type', [OnlineSample, AssistantSample]);
export type AgentSample = z.infer<typeof AgentSample>;
