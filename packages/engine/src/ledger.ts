// The account in which every copy, every exchange and every byte ends in exactly one bucket.

/** How a copy can end, and with it what it still had to do. */
export const endings = [
  'delivered',
  'deliveredUnanswered',
  'sampledOut',
  'midStreamSkipped',
  'captureDrop',
  'unfillableGap',
  'noPortFree',
  'refusedByTarget',
  'resetByTarget',
  'closedEarlyByTarget',
  'timedOut',
  'overLimit',
  'sendFailed',
  'stopped',
] as const;
export type Ending = (typeof endings)[number];

/** One kind of thing: `asked` = the sum of `ended` + `inFlight`. */
export class Account {
  asked = 0;
  readonly ended: Record<Ending, number> = Object.fromEntries(endings.map((ending) => [ending, 0])) as Record<Ending, number>;

  get inFlight(): number {
    let left = this.asked;
    for (const ending of endings) left -= this.ended[ending];
    return left;
  }

  /** `count` more are asked for, and over already. */
  writeOff(ending: Ending, count: number): void {
    this.asked += count;
    this.ended[ending] += count;
  }
}

/** One mapping's ledger. */
export class MappingLedger {
  /** Sessions × multiplier. */
  readonly copies = new Account();
  /** Turns of clients, once for each copy: asked when the client begins to speak, `delivered` with the target's first answer to all of it. */
  readonly exchanges = new Account();
  /** Client bytes, once for each copy: `delivered` when the target has acknowledged them. */
  readonly bytes = new Account();
}
