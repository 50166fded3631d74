// The account in which every copy and every byte ends in exactly one bucket.

/** How a copy can end. */
export const endings = [
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
] as const;
export type Ending = (typeof endings)[number];

/** One mapping's account. `asked` = the sum of `ended` + `inFlight`; captured bytes = delivered + lost + in flight. */
export class MappingLedger {
  /** Copies asked for: sessions × multiplier. */
  asked = 0;
  readonly ended: Record<Ending, number> = Object.fromEntries(endings.map((ending) => [ending, 0])) as Record<Ending, number>;
  /** Client bytes in order, once for each copy that should carry them. */
  bytesCaptured = 0;
  /** Acknowledged by the target. */
  bytesDelivered = 0;
  /** Captured for a copy that ended without them. */
  bytesLost = 0;

  get inFlight(): number {
    let left = this.asked;
    for (const ending of endings) left -= this.ended[ending];
    return left;
  }
  get bytesInFlight(): number {
    return this.bytesCaptured - this.bytesDelivered - this.bytesLost;
  }
}
