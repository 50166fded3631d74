// One second of the comparison of both servers, from the online agent to the console.
import { z } from 'zod';

const count = z.int().min(0);

/** A histogram or a choice of pairs as packages/latency encodes it (`Histogram.encode`, `Reservoir.encode`), base64; null when it is empty. */
const Encoded = z.base64().nullable();

/** One server's exchanges of one kind. Latency runs from the last byte of the request to the first, or to the last, byte of the answer, µs. */
export const SideSecond = z.object({ count, errors: count, firstByte: Encoded, lastByte: Encoded });
export type SideSecond = z.infer<typeof SideSecond>;

/** A kind is what the mapping's adapter makes of a request (`GET`, `SELECT users`); `turns` where there is no adapter, `other` beyond 64 kinds. */
export const KindSecond = z.object({
  kind: z.string().min(1).max(64),
  online: SideSecond,
  target: SideSecond,
  /** How long copies held requests back, µs. */
  held: Encoded,
  /** Exchanges known on both servers: the first copy of a session against the session itself. `difference` is target minus online, `chosen` a uniform choice. */
  pairs: z.object({ count, difference: Encoded, chosen: Encoded }),
});
export type KindSecond = z.infer<typeof KindSecond>;

/**
 * Of one server, whatever the kind: connections that it refused or reset, connections (of clients, or copies) on which something was said that the
 * adapter does not understand, and exchanges that were not timed because a clock was set meanwhile.
 */
export const SideCounts = z.object({ resets: count, notUnderstood: count, clockSet: count });
export type SideCounts = z.infer<typeof SideCounts>;
export const SecondCounts = z.object({ online: SideCounts, target: SideCounts });
export type SecondCounts = z.infer<typeof SecondCounts>;

/**
 * One second of one mapping. `run` names the packet path's life and `sequence` counts its seconds, so that a second told twice counts once.
 * `secondMs` is a whole second of the agent's clock; `ageMs` is how long ago it ended when this was sent.
 */
export const ComparisonSecond = z.object({
  type: z.literal('comparison'),
  mappingId: z.string(),
  run: z.string().min(1).max(64),
  sequence: count,
  secondMs: count,
  ageMs: z.number().min(0).default(0),
  /** The TCP handshake, SYN to SYN+ACK, µs. */
  connect: z.object({ online: Encoded, target: Encoded }),
  kinds: z.array(KindSecond).max(65),
  /** Not told by agents that do not know it. */
  counts: SecondCounts.optional(),
});
export type ComparisonSecond = z.infer<typeof ComparisonSecond>;

/** The console has stored a mapping's seconds of this run up to and including `sequence`; the agent need not keep them. */
export const ComparisonStored = z.object({ type: z.literal('comparison-stored'), mappingId: z.string(), run: z.string(), sequence: count });
export type ComparisonStored = z.infer<typeof ComparisonStored>;
