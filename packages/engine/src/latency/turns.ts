// Exchanges by who spoke: what a client says between two answers is one request, and the answer lasts until it speaks again.
import { seqDiff } from '@parallax/wire';
import type { Copy } from '../copy/copy.ts';
import { isLive } from '../copy/end.ts';
import type { Session } from '../session/session.ts';
import type { Work } from '../work.ts';
import { answerOnline, answerTarget, UNKNOWN_US } from './exchange.ts';
import { isPlausibleAtTarget, isPlausibleOnline, NO_TIME_US, spanOf } from './plausible.ts';

export const TURNS = 'turns';
/** The connection speaks something that its mapping's adapter does not understand. */
export const NOT_UNDERSTOOD = 'not understood';

/** A copy may not be understood where its session is. */
const kindOf = ({ session }: Copy): string => (session.talk === null ? session.turnKind : NOT_UNDERSTOOD);

/** The client said more, up to `clientNext`. */
export function onTurnRequest(work: Work, session: Session, capturedAtUs: number): void {
  const { exchange } = session;
  if (exchange === null || exchange.isAnsweredOnline) return begin(work, session, capturedAtUs);
  exchange.endSeq = session.clientNext;
  exchange.requestAtUs = capturedAtUs;
  exchange.requestAtMs = work.nowMs;
}

function begin(work: Work, session: Session, capturedAtUs: number): void {
  finishOnlineTurn(work, session);
  if (!work.exchanges.hasRoom(session)) for (const copy of session.copies) releaseTurns(work, copy);
  const exchange = work.exchanges.take(session, session.turnKind, session.clientNext, capturedAtUs, work.nowMs);
  exchange.references = 1;
  for (const copy of session.copies) {
    if (!isLive(copy)) continue;
    exchange.references++;
    copy.exchange ??= exchange;
  }
  const last = session.exchange;
  session.exchange = exchange;
  if (last === null) return;
  last.next = exchange;
  work.exchanges.release(last);
}

/** The online server said new bytes and acknowledged `ack`. */
export function onOnlineTurnAnswer(work: Work, session: Session, ack: number, capturedAtUs: number): void {
  const { exchange } = session;
  if (exchange === null) return;
  if (exchange.isAnsweredOnline) {
    if (session.answeredAtUs > 0) session.answeredAtUs = capturedAtUs;
    return;
  }
  if (seqDiff(ack, session.clientNext) < 0) return; // it has not received the whole request
  const spanUs = spanOf(exchange.requestAtUs, capturedAtUs);
  const onlineUs = isPlausibleOnline(work, spanUs, exchange.requestAtMs) ? spanUs : UNKNOWN_US;
  if (onlineUs !== UNKNOWN_US) {
    session.lastLatencyUs = onlineUs;
    session.answeredAtUs = capturedAtUs;
  }
  for (const mapping of session.mappings) {
    mapping.onlineExchanges++;
    work.out.answered(mapping, 'online', exchange.kind, Math.round(onlineUs));
    if (capturedAtUs === NO_TIME_US || exchange.requestAtUs === NO_TIME_US) work.out.clockSet(mapping, 'online');
  }
  answerOnline(work, exchange, onlineUs);
}

/** The online server's answer lasted until here. */
export function finishOnlineTurn(work: Work, session: Session): void {
  const { exchange, answeredAtUs } = session;
  if (exchange === null || answeredAtUs === 0) return;
  session.answeredAtUs = 0;
  for (const mapping of session.mappings) work.out.finished(mapping, 'online', exchange.kind, Math.round(answeredAtUs - exchange.requestAtUs), false);
}

/** The session is over. */
export function endOnlineTurns(work: Work, session: Session): void {
  finishOnlineTurn(work, session);
  if (session.exchange !== null) work.exchanges.release(session.exchange);
  session.exchange = null;
}

/** The target said new bytes, from `firstAtUs` to `lastAtUs` of the assistant's clock, and has all that was said to it, up to `saidUpTo`. */
export function onTargetTurnAnswer(work: Work, copy: Copy, saidUpTo: number, firstAtUs: number, lastAtUs: number): void {
  if (!copy.isAwaitingTarget) {
    if (copy.answeredAtUs > 0) copy.answeredAtUs = lastAtUs;
    return;
  }
  copy.isAwaitingTarget = false;
  const { mapping } = copy;
  const targetUs = targetLatencyUs(work, copy, firstAtUs);
  mapping.targetExchanges++;
  work.out.answered(mapping, 'target', kindOf(copy), Math.round(targetUs));
  if (firstAtUs === NO_TIME_US || copy.sentAtUs === NO_TIME_US) work.out.clockSet(mapping, 'target');
  while (copy.exchange !== null && seqDiff(copy.exchange.endSeq, saidUpTo) < 0) passTurn(work, copy); // said in one go with a later one: whose answer is whose nobody knows
  const { exchange } = copy;
  const isFound = exchange !== null && exchange.endSeq === saidUpTo;
  if (targetUs !== UNKNOWN_US) {
    copy.lastLatencyUs = targetUs;
    copy.answeredAtUs = lastAtUs;
    copy.answerFromUs = firstAtUs - targetUs;
    if (isFound) {
      if (exchange.requestAtUs !== NO_TIME_US) work.out.held(mapping, exchange.kind, Math.round(copy.sentAtUs - exchange.requestAtUs));
      if (copy.index === 0) answerTarget(work, exchange, mapping, targetUs);
    }
  }
  if (isFound) passTurn(work, copy);
}

function targetLatencyUs(work: Work, copy: Copy, firstAtUs: number): number {
  const { answerOffsetUs } = copy.mapping;
  if (copy.isAwaitingStamp || copy.isResent || answerOffsetUs === Number.POSITIVE_INFINITY) return UNKNOWN_US;
  const spanUs = spanOf(copy.sentAtUs, firstAtUs) - answerOffsetUs;
  return isPlausibleAtTarget(work, spanUs, copy.sentAtMs) ? Math.max(0, spanUs) : UNKNOWN_US;
}

/** The copy leaves its oldest turn behind. */
export function passTurn(work: Work, copy: Copy): void {
  const exchange = copy.exchange!;
  copy.exchange = exchange.next;
  work.exchanges.release(exchange);
}

/** An answer of which only the acknowledgement behind it was seen. */
export function onUnseenTargetTurnAnswer(work: Work, copy: Copy): void {
  if (!copy.isAwaitingTarget) return;
  copy.isAwaitingTarget = false;
  copy.mapping.targetExchanges++;
  work.out.answered(copy.mapping, 'target', kindOf(copy), UNKNOWN_US);
}

/** The target's answer lasted until here. */
export function finishTargetTurn(work: Work, copy: Copy): void {
  if (copy.answeredAtUs === 0) return;
  work.out.finished(copy.mapping, 'target', kindOf(copy), Math.round(copy.answeredAtUs - copy.answerFromUs), false);
  copy.answeredAtUs = 0;
}

/** The copy measures nothing of what was asked so far. */
export function releaseTurns(work: Work, copy: Copy): void {
  while (copy.exchange !== null) passTurn(work, copy);
}
