// The exchanges of one copy: each turn of the client is asked of it, and ends once.
import type { Ending } from '../ledger.ts';
import type { Copy } from './copy.ts';

/** The client began to speak a turn. */
export function askExchange(copy: Copy): void {
  const { exchanges } = copy.mapping.ledger;
  if (copy.ending !== null) return exchanges.writeOff(copy.ending, 1);
  exchanges.asked++;
  copy.exchangesOpen++;
}

/** What is open of the turns up to `turn` ends as `ending`. */
export function settleExchanges(copy: Copy, turn: number, ending: Ending): void {
  const count = copy.exchangesOpen - Math.max(0, copy.session.spokenTurn - turn);
  if (count <= 0) return;
  copy.exchangesOpen -= count;
  copy.mapping.ledger.exchanges.ended[ending] += count;
}
