// Exchanges as an adapter tells them apart: the nth response answers the nth request, on the session and on every copy.
import type { RequestEvents, ResponseEvents } from '@parallax/adapters';
import { seqDiff } from '@parallax/wire';
import type { Copy } from '../copy/copy.ts';
import { refuse } from '../session/refuse.ts';
import type { Session } from '../session/session.ts';
import type { Work } from '../work.ts';
import { CopyTalk } from './copy-talk.ts';
import { answerOnline, answerTarget, type Exchange, UNKNOWN_US } from './exchange.ts';
import { isPlausibleAtTarget, isPlausibleOnline, NO_TIME_US, spanOf } from './plausible.ts';
import { Talk } from './talk.ts';
import { endOnlineTurns, NOT_UNDERSTOOD, passTurn, releaseTurns } from './turns.ts';

/** What an assistant's reader tells of one response of a target, in the assistant's clock. */
export interface Mark {
  /** Of the response on its connection, from 0. */
  ordinal: number;
  firstAtUs: number;
  lastAtUs: number;
  isError: boolean;
  /** No response: the connection is not understood any more. */
  isLost: boolean;
}

/** A session begins, or one that was open begins a request: if a mapping of it has an adapter, it is listened to. */
export function beginTalk(session: Session, isFromStart = true): void {
  for (const { adapter, kinds } of session.mappings) {
    if (adapter === null) continue;
    session.talk = new Talk(adapter, kinds, isFromStart);
    return;
  }
}

/** The client begins a request on a session whose beginning was not captured. */
export function beginLateTalk(work: Work, session: Session): void {
  if (session.talk !== null || session.turnKind === NOT_UNDERSTOOD) return;
  beginTalk(session, false);
  if (session.talk === null) return;
  endOnlineTurns(work, session);
  for (const copy of session.copies) releaseTurns(work, copy);
}

/** A copy of it begins, with a request. */
export function beginCopyTalk(copy: Copy): void {
  if (copy.session.talk?.isRequestOpen === false) copy.talk = new CopyTalk();
}

/** The heir of a copy says what was waiting in it from the number `seq` on, where a request begins, or may not. */
export function inheritExchanges(work: Work, copy: Copy, heir: Copy, seq: number, isRequestStart: boolean): void {
  while (copy.exchange !== null && seqDiff(copy.exchange.endSeq, seq) <= 0) passTurn(work, copy);
  heir.exchange = copy.exchange;
  copy.exchange = null;
  const { talk } = copy;
  heir.talk = null;
  if (talk === null || !isRequestStart) return endCopyTalk(work, copy);
  while (talk.first !== null && seqDiff(talk.first.endSeq, seq) <= 0) pass(work, talk);
  heir.talk = talk.succeed();
  copy.talk = null;
}

/** Hears the readers of all sessions, one call at a time. */
export class Listener implements RequestEvents, ResponseEvents {
  #work!: Work;
  #session!: Session;
  #talk!: Talk;
  /** Of the segment that is being read, µs; and the number behind what is being read of it. */
  #atUs = 0;
  #endSeq = 0;

  attach(work: Work): void {
    this.#work = work;
  }

  /** The client said bytes [at, at + lengthBytes) of the memory, up to the number `endSeq`; `missingBytes` before them were not captured. */
  hearClient(session: Session, at: number, lengthBytes: number, endSeq: number, missingBytes: number, capturedAtUs: number): void {
    const { talk } = session;
    if (talk === null) return;
    this.#point(session, talk, capturedAtUs, endSeq);
    if (missingBytes > 0) talk.requests.skip(missingBytes, this);
    talk.requests.push(this.#work.pieces.memory.bytes, at, at + lengthBytes, this);
  }

  /** The same of the online server; behind the bytes that were captured too. */
  hearOnline(session: Session, at: number, lengthBytes: number, missingBefore: number, missingBehind: number, capturedAtUs: number): void {
    const { talk } = session;
    if (talk === null) return;
    this.#point(session, talk, capturedAtUs, 0);
    if (missingBefore > 0) talk.responses.skip(missingBefore, this);
    talk.responses.push(this.#work.pieces.memory.bytes, at, at + lengthBytes, this);
    if (missingBehind > 0) talk.responses.skip(missingBehind, this);
  }

  /** The online server will say nothing more. */
  hearOnlineEnd(session: Session, capturedAtUs: number): void {
    const { talk } = session;
    if (talk === null) return;
    this.#point(session, talk, capturedAtUs, 0);
    talk.responses.close(this);
  }

  #point(session: Session, talk: Talk, atUs: number, endSeq: number): void {
    this.#session = session;
    this.#talk = talk;
    this.#atUs = atUs;
    this.#endSeq = endSeq;
  }

  requestBegan(): void {
    this.#talk.isRequestOpen = true;
  }

  requestEnded(kind: string, isAnswered: boolean): void {
    const session = this.#session;
    const talk = this.#talk;
    const work = this.#work;
    talk.isRequestOpen = false;
    if (!isAnswered || session.talk === null) return;
    if (!work.exchanges.hasRoom(session)) return loseTalk(work, session, 'too many requests wait for answers');
    const exchange = work.exchanges.take(session, kind, this.#endSeq, this.#atUs, work.nowMs);
    exchange.references = 1; // this function's own
    if (talk.last !== null) talk.last.next = exchange;
    talk.last = exchange;
    if (talk.answersAhead > 0) {
      talk.answersAhead--;
      for (const mapping of session.mappings) {
        mapping.onlineExchanges++;
        work.out.answered(mapping, 'online', kind, UNKNOWN_US);
        work.out.finished(mapping, 'online', kind, UNKNOWN_US, talk.isErrorAhead);
      }
      answerOnline(work, exchange, UNKNOWN_US);
    } else {
      talk.unanswered ??= exchange;
      exchange.references++;
    }
    for (const copy of session.copies) appendTo(work, copy, exchange);
    work.exchanges.release(exchange);
  }

  /** A port with both kinds of login is mirrored as long as most of its sessions can be copied. */
  loggedIn(isBound: boolean): void {
    for (const mapping of this.#session.mappings) {
      if (!isBound) mapping.freeLogins++;
      else if (++mapping.boundLogins > mapping.freeLogins) refuse(this.#work, mapping, 'bound logins');
    }
  }

  requestsLost(reason: string): void {
    loseTalk(this.#work, this.#session, reason);
  }

  responseBegan(): void {
    this.#talk.beganAtUs = this.#atUs;
  }

  responseMayEnd(): void {
    this.#talk.mayEndAtUs = this.#atUs;
  }

  responseEnded(_status: string, isError: boolean, _lengthBytes: number, isLate: boolean): void {
    const talk = this.#talk;
    const session = this.#session;
    const work = this.#work;
    if (session.talk === null) return;
    const exchange = talk.unanswered;
    if (exchange === null) {
      if (talk.isRequestOpen && talk.answersAhead === 0) {
        talk.answersAhead++;
        talk.isErrorAhead = isError;
      } else loseTalk(work, session, 'an answer that nobody asked for');
      return;
    }
    talk.unanswered = exchange.next;
    const firstUs = spanOf(exchange.requestAtUs, talk.beganAtUs);
    const onlineUs = isPlausibleOnline(work, firstUs, exchange.requestAtMs) ? firstUs : UNKNOWN_US;
    const lastUs = onlineUs === UNKNOWN_US ? UNKNOWN_US : spanOf(exchange.requestAtUs, isLate ? talk.mayEndAtUs : this.#atUs);
    if (onlineUs !== UNKNOWN_US) session.lastLatencyUs = onlineUs;
    for (const mapping of session.mappings) {
      mapping.onlineExchanges++;
      work.out.answered(mapping, 'online', exchange.kind, Math.round(onlineUs));
      work.out.finished(mapping, 'online', exchange.kind, Math.round(lastUs), isError);
      if (talk.beganAtUs === NO_TIME_US || exchange.requestAtUs === NO_TIME_US) work.out.clockSet(mapping, 'online');
    }
    answerOnline(work, exchange, onlineUs);
    work.exchanges.release(exchange);
  }

  responsesLost(reason: string): void {
    loseTalk(this.#work, this.#session, reason);
  }
}

function appendTo(work: Work, copy: Copy, exchange: Exchange): void {
  const { talk, mapping } = copy;
  if (talk === null) return;
  if (talk.answersAhead > 0) {
    talk.answersAhead--;
    work.out.answered(mapping, 'target', exchange.kind, UNKNOWN_US);
    work.out.finished(mapping, 'target', exchange.kind, UNKNOWN_US, talk.isErrorAhead);
    return;
  }
  talk.append(exchange);
  exchange.references++;
}

/** A target answered a request of the copy. */
export function onMark(work: Work, copy: Copy, mark: Mark): void {
  const { talk, mapping } = copy;
  if (talk === null) return;
  if (mark.isLost) return loseCopyTalk(work, copy, 'an answer of the target');
  for (; talk.ordinal < mark.ordinal && talk.first !== null; talk.ordinal++) pass(work, talk); // marks that did not arrive
  if (talk.ordinal !== mark.ordinal) return;
  talk.ordinal++;
  mapping.targetExchanges++;
  const exchange = talk.first;
  if (exchange === null) {
    if (copy.session.talk?.isRequestOpen === true && talk.answersAhead === 0) {
      talk.answersAhead++; // to a request that is still being said
      talk.isErrorAhead = mark.isError;
    } else {
      loseCopyTalk(work, copy, 'an answer of the target that nobody asked for');
      work.out.answered(mapping, 'target', NOT_UNDERSTOOD, UNKNOWN_US);
    }
    return;
  }
  const sentAtUs = talk.shift();
  const firstUs = spanOf(sentAtUs, mark.firstAtUs) - mapping.answerOffsetUs;
  const isKnown = isPlausibleAtTarget(work, firstUs, exchange.requestAtMs); // NaN and infinity are not
  const targetUs = isKnown ? Math.max(0, firstUs) : UNKNOWN_US;
  work.out.answered(mapping, 'target', exchange.kind, Math.round(targetUs));
  work.out.finished(mapping, 'target', exchange.kind, isKnown ? Math.round(targetUs + mark.lastAtUs - mark.firstAtUs) : UNKNOWN_US, mark.isError);
  if (mark.firstAtUs === NO_TIME_US || sentAtUs === NO_TIME_US) work.out.clockSet(mapping, 'target');
  if (isKnown) {
    copy.lastLatencyUs = targetUs;
    if (exchange.requestAtUs !== NO_TIME_US) work.out.held(mapping, exchange.kind, Math.round(sentAtUs - exchange.requestAtUs));
    if (copy.index === 0) answerTarget(work, exchange, mapping, targetUs);
  }
  work.exchanges.release(exchange);
}

function pass(work: Work, talk: CopyTalk): void {
  const exchange = talk.first!;
  talk.shift();
  work.exchanges.release(exchange);
}

/** The copy is over, or not understood: it measures nothing more. */
export function endCopyTalk(work: Work, copy: Copy): void {
  const { talk } = copy;
  if (talk === null) return;
  while (talk.first !== null) pass(work, talk);
  copy.talk = null;
}

/** What the target says to the copy is not understood. */
function loseCopyTalk(work: Work, copy: Copy, reason: string): void {
  endCopyTalk(work, copy);
  work.out.notUnderstood(copy.mapping, 'target', reason);
}

/** The copy is over, and so is what it waited for. */
export function releaseExchanges(work: Work, copy: Copy): void {
  releaseTurns(work, copy);
  endCopyTalk(work, copy);
}

/** The session is over. */
export function endTalk(work: Work, session: Session): void {
  const { talk } = session;
  if (talk === null) return;
  while (talk.unanswered !== null) {
    const exchange = talk.unanswered;
    talk.unanswered = exchange.next;
    work.exchanges.release(exchange);
  }
  session.talk = null;
}

/** From now on the session is measured by turns, as are its copies. */
export function dropTalk(work: Work, session: Session): void {
  if (session.talk === null) return;
  for (const copy of session.copies) endCopyTalk(work, copy);
  endTalk(work, session);
  session.turnKind = NOT_UNDERSTOOD;
}

/** What is said on the session is not understood. */
function loseTalk(work: Work, session: Session, reason: string): void {
  if (session.talk === null) return;
  dropTalk(work, session);
  for (const mapping of session.mappings) work.out.notUnderstood(mapping, 'online', reason);
}
