// When may a session be parked? When neither it nor any of its copies waits for time, for an answer's end, or for bytes to go.
import type { Copy } from '../copy/copy.ts';
import type { Exchange } from '../latency/exchange.ts';
import { NONE } from '../pieces.ts';
import type { Session } from '../session/session.ts';

/** Nothing happened on it since `sinceMs`, and nothing will without a packet, a call or the sweep. */
export function isAtRest(session: Session, sinceMs: number): boolean {
  if (session.lastSeenMs > sinceMs || session.isEnded || session.isReplaced || session.hasFin || session.isReset || session.hasEarlyReset) return false;
  if (session.bytesHeld !== 0 || session.tail !== NONE || session.early !== NONE || session.earlyBytes !== 0) return false;
  const { exchange, talk } = session;
  let references = 1;
  for (const copy of session.copies) {
    if (copy.progressAtMs > sinceMs || !isCopyAtRest(copy)) return false;
    if (copy.talk !== null && copy.talk.first !== null) return false;
    if (copy.exchange === null) continue;
    if (copy.exchange !== exchange) return false;
    references++;
  }
  if (talk !== null && (talk.last !== null || talk.unanswered !== null)) return false;
  return exchange === null ? session.exchangesHeld === 0 : isTheOnlyOne(exchange, session, references);
}

/** Or over: then its session still counts what is said without it. */
const isCopyAtRest = (copy: Copy): boolean =>
  copy.state === (copy.ending === null ? 'open' : 'closed') &&
  copy.held === null &&
  copy.headPiece === NONE &&
  copy.nextPiece === NONE &&
  copy.deadlineMs === 0 &&
  copy.resendAtMs === 0 &&
  copy.probeAtMs === 0 &&
  copy.ackAtMs === 0 &&
  copy.quietAtMs === 0 &&
  copy.holdAtMs === 0 &&
  copy.paceAtMs === 0 &&
  copy.persistAtMs === 0 &&
  copy.lingerAtMs === 0 &&
  !copy.isAckDue &&
  !copy.isAwaitingStamp;

/** The session holds no other, and nobody but it and the counted copies holds this one. */
const isTheOnlyOne = (exchange: Exchange, session: Session, references: number): boolean =>
  session.exchangesHeld === 1 &&
  exchange.references === references &&
  exchange.kind === session.turnKind &&
  exchange.next === null &&
  exchange.early === null &&
  exchange.earlyUs === null;
