// A session at rest and its copies as numbers, and back. Both halves go through the fields in the same order and expect the same of each.
import type { AddressWords } from '@parallax/wire';
import type { AddressBook } from '../address-book.ts';
import { ANSWERED, Copy } from '../copy/copy.ts';
import { Exchange } from '../latency/exchange.ts';
import { NOT_UNDERSTOOD, TURNS } from '../latency/turns.ts';
import { endings } from '../ledger.ts';
import type { Mapping } from '../mapping.ts';
import type { Candidate } from '../selection.ts';
import { Pushes } from '../session/pushes.ts';
import { Session } from '../session/session.ts';
import type { Speech } from '../session/tls.ts';
import type { NumberReader, NumberWriter } from './numbers.ts';

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

const speeches: readonly Speech[] = ['unknown', 'hello', 'tls', 'plain'];
const turnKinds: readonly string[] = [TURNS, NOT_UNDERSTOOD];
/** Shift of the windows that Linux offers by default, and a time-out on a near path, ms. */
const USUAL_SCALE = 7;
const USUAL_RTO_MS = 200;
const USUAL_SLOW_START_BYTES = 0x3fffffff;

const v4Of = (word: number): AddressWords => [0, 0, 0xffff, word];
const nobody = v4Of(0);

/** What is known of a session without all of its numbers. */
export interface Front extends Candidate {
  readonly id: number;
  readonly flags: number;
  readonly server: AddressWords;
  readonly lastSeenMs: number;
  readonly liveCopies: number;
}

function putAddress(out: NumberWriter, address: AddressWords, expected: AddressWords): void {
  for (let word = 0; word < 4; word++) out.put(address[word]!, expected[word]!);
}

function takeAddress(from: NumberReader, expected: AddressWords, addresses: AddressBook): AddressWords {
  const w0 = from.take(expected[0]);
  const w1 = from.take(expected[1]);
  const w2 = from.take(expected[2]);
  const w3 = from.take(expected[3]);
  const isAsExpected = w0 === expected[0] && w1 === expected[1] && w2 === expected[2] && w3 === expected[3];
  return isAsExpected ? expected : addresses.of(w0, w1, w2, w3);
}

function putFront(out: NumberWriter, session: Session): void {
  putAddress(out, session.client, nobody);
  putAddress(out, session.server, nobody);
  out.put((session.clientPort << 16) | session.serverPort, 0);
  out.put(session.clientIss, 0);
  out.put(session.id, 0);
  out.put(session.flags, 0);
  out.put(session.lastSeenMs, 0);
  out.put(session.liveCopies, 1);
}

export function takeFront(from: NumberReader, addresses: AddressBook): Front {
  const client = takeAddress(from, nobody, addresses);
  const server = takeAddress(from, nobody, addresses);
  const ports = from.take(0);
  return {
    client,
    clientPort: ports >>> 16,
    server,
    serverPort: ports & 0xffff,
    clientIss: from.take(0),
    id: from.take(0),
    flags: from.take(0),
    lastSeenMs: from.take(0),
    liveCopies: from.take(1),
  };
}

/** What is written of a mapping: its place in the session's lists. False if it is in neither. */
const placeOf = ({ mappings, leftOut }: Session, mapping: Mapping): number => {
  const place = mappings.indexOf(mapping);
  return place >= 0 ? place : -1 - leftOut.indexOf(mapping);
};
const mappingAt = ({ mappings, leftOut }: Session, place: number): Mapping => (place >= 0 ? mappings[place]! : leftOut[-1 - place]!);

/** Can all that it refers to be named? */
export const hasNames = (session: Session): boolean =>
  speeches.includes(session.speech) &&
  turnKinds.includes(session.turnKind) &&
  session.copies.every(({ mapping }) => session.mappings.includes(mapping)) &&
  [...session.absences, ...session.newcomers].every(({ mapping }) => session.mappings.includes(mapping) || session.leftOut.includes(mapping));

/** The session must be at rest, and its names known. Its lists of mappings, and what is said in an adapter's language, are kept elsewhere. */
export function writeSession(out: NumberWriter, session: Session): void {
  putFront(out, session);
  out.put(session.openedAtMs, session.lastSeenMs);
  out.put(session.dropsAtMove, 0);
  out.put(session.clientNext, session.clientIss);
  out.put(session.clientAck, 0);
  out.put(session.finSeq, 0);
  out.put(session.resetSeq, 0);
  out.put((session.isMet ? 1 : 0) | (session.isSpeechKnown ? 2 : 0) | (session.isSigned ? 4 : 0) | (speeches.indexOf(session.speech) << 3), 0);
  out.put(session.heardTurn, -1);
  out.put(session.turnsHeard, 0);
  out.put(session.mssBytes, 0);
  out.put(session.onlineIss, 0);
  out.put(session.onlineAck, session.clientNext);
  out.put(session.onlineNext, session.clientAck);
  out.put(session.onlineNextAck, session.onlineAck);
  out.put(session.turn, 0);
  out.put(session.spokenTurn, session.turn);
  out.put(session.turnAck, 0);
  out.put(session.turnSeq, 0);
  out.put(session.turnHeardAt, 0);
  out.put(session.lastTurn, 0);
  out.put(session.lastSaidAtMs, 0);
  out.put(session.lastAck, 0);
  out.put(session.firstAckAtMs, session.openedAtMs);
  out.put(session.pieceBytes, 0);
  out.put(session.synAtUs, 0);
  out.put(turnKinds.indexOf(session.turnKind), 0);
  out.put(session.answeredAtUs, 0);
  out.put(session.lastLatencyUs, -1);
  out.put(session.bytesFromClient, session.clientNext - session.clientIss - 1);
  out.put(session.bytesFromOnline, session.onlineNext - session.onlineIss - 1);
  putLists(out, session);
  putExchange(out, session);
  out.put(session.copies.length, 1);
  for (const copy of session.copies) putCopy(out, session, copy);
}

/** The session as it was, with new objects; what is said in an adapter's language is not there yet. */
export function readSession(from: NumberReader, mappings: readonly Mapping[], leftOut: readonly Mapping[], addresses: AddressBook): Session {
  const { id, client, clientPort, server, serverPort, clientIss, flags, lastSeenMs, liveCopies } = takeFront(from, addresses);
  const openedAtMs = from.take(lastSeenMs);
  const session = new Session(id, client, clientPort, server, serverPort, clientIss, mappings, leftOut, openedAtMs, 0);
  session.flags = flags;
  session.lastSeenMs = lastSeenMs;
  session.liveCopies = liveCopies;
  session.dropsAtMove = from.take(0);
  session.clientNext = from.take(clientIss);
  session.clientAck = from.take(0);
  session.finSeq = from.take(0);
  session.resetSeq = from.take(0);
  const bits = from.take(0);
  session.isMet = (bits & 1) !== 0;
  session.isSpeechKnown = (bits & 2) !== 0;
  session.isSigned = (bits & 4) !== 0;
  session.speech = speeches[bits >> 3]!;
  session.heardTurn = from.take(-1);
  session.turnsHeard = from.take(0);
  session.mssBytes = from.take(0);
  session.onlineIss = from.take(0);
  session.onlineAck = from.take(session.clientNext);
  session.onlineNext = from.take(session.clientAck);
  session.onlineNextAck = from.take(session.onlineAck);
  session.turn = from.take(0);
  session.spokenTurn = from.take(session.turn);
  session.turnAck = from.take(0);
  session.turnSeq = from.take(0);
  session.turnHeardAt = from.take(0);
  session.lastTurn = from.take(0);
  session.lastSaidAtMs = from.take(0);
  session.lastAck = from.take(0);
  session.firstAckAtMs = from.take(openedAtMs);
  session.pieceBytes = from.take(0);
  session.synAtUs = from.take(0);
  session.turnKind = turnKinds[from.take(0)]!;
  session.answeredAtUs = from.take(0);
  session.lastLatencyUs = from.take(-1);
  session.bytesFromClient = from.take(session.clientNext - session.clientIss - 1);
  session.bytesFromOnline = from.take(session.onlineNext - session.onlineIss - 1);
  takeLists(from, session);
  takeExchange(from, session);
  for (let left = from.take(1); left > 0; left--) session.addCopy(takeCopy(from, session, addresses));
  return session;
}

/** Lists that most sessions do not have. */
function putLists(out: NumberWriter, session: Session): void {
  const { absences, newcomers, urgentEnds, pushes } = session;
  out.put(absences.length, 0);
  for (const { mapping, ending, count } of absences) {
    out.put(placeOf(session, mapping), 0);
    out.put(endings.indexOf(ending), 0);
    out.put(count, 1);
  }
  out.put(newcomers.length, 0);
  for (const { mapping, copies, ending, isCounted } of newcomers) {
    out.put(placeOf(session, mapping), 0);
    out.put(copies, 1);
    out.put(endings.indexOf(ending), 0);
    out.put(isCounted ? 1 : 0, 0);
  }
  out.put(urgentEnds === null ? -1 : urgentEnds.length, -1);
  for (const end of urgentEnds ?? []) out.put(end, 0);
  const ends = pushes === null ? [] : pushes.ends();
  out.put(pushes === null ? -1 : ends.length, -1);
  for (const end of ends) out.put(end, 0);
}

function takeLists(from: NumberReader, session: Session): void {
  const absences = from.take(0);
  if (absences > 0)
    session.absences = Array.from({ length: absences }, () => ({
      mapping: mappingAt(session, from.take(0)),
      ending: endings[from.take(0)]!,
      count: from.take(1),
    }));
  const newcomers = from.take(0);
  if (newcomers > 0)
    session.newcomers = Array.from({ length: newcomers }, () => ({
      mapping: mappingAt(session, from.take(0)),
      copies: from.take(1),
      ending: endings[from.take(0)]!,
      isCounted: from.take(0) === 1,
    }));
  const urgentEnds = from.take(-1);
  if (urgentEnds >= 0) session.urgentEnds = Array.from({ length: urgentEnds }, () => from.take(0));
  const pushed = from.take(-1);
  if (pushed < 0) return;
  session.pushes = new Pushes();
  for (let left = pushed; left > 0; left--) session.pushes.add(from.take(0));
}

/** The exchange that the session keeps until its client speaks again. */
function putExchange(out: NumberWriter, { exchange, exchangesHeld, clientNext, lastSeenMs, lastLatencyUs }: Session): void {
  out.put(exchangesHeld, 1);
  out.put(exchange === null ? 0 : 1, 1);
  if (exchange === null) return;
  out.put(exchange.endSeq, clientNext);
  out.put(exchange.requestAtUs, 0);
  out.put(exchange.requestAtMs, lastSeenMs);
  out.put(exchange.isAnsweredOnline ? 1 : 0, 1);
  out.put(exchange.onlineUs, lastLatencyUs);
  out.put(exchange.references, 1);
}

function takeExchange(from: NumberReader, session: Session): void {
  session.exchangesHeld = from.take(1);
  if (from.take(1) === 0) return;
  const exchange = new Exchange();
  session.exchange = exchange;
  exchange.session = session;
  exchange.kind = session.turnKind;
  exchange.endSeq = from.take(session.clientNext);
  exchange.requestAtUs = from.take(0);
  exchange.requestAtMs = from.take(session.lastSeenMs);
  exchange.isAnsweredOnline = from.take(1) === 1;
  exchange.onlineUs = from.take(session.lastLatencyUs);
  exchange.references = from.take(1);
}

function putCopy(out: NumberWriter, session: Session, copy: Copy): void {
  const { mapping } = copy;
  out.put(session.mappings.indexOf(mapping), 0);
  out.put(copy.index, 0);
  out.put(copy.flags, 0);
  out.put(copy.ending === null ? -1 : endings.indexOf(copy.ending), -1);
  putAddress(out, copy.source, session.client);
  out.put(copy.sourcePort, session.clientPort);
  putAddress(out, copy.target, mapping.target);
  out.put(copy.targetPort, mapping.targetPortOf(session.serverPort));
  out.put((copy.isLate ? 1 : 0) | (copy.isProbed ? 2 : 0) | (copy.exchange !== null ? 4 : 0), 0);
  out.put(copy.iss, session.clientIss);
  out.put(copy.seenAtStart, 0);
  out.put(copy.saidAtMs, session.openedAtMs);
  out.put(copy.beganAtMs, session.openedAtMs);
  out.put(copy.failures, 0);
  out.put(copy.sendUnacked, session.clientNext);
  out.put(copy.sendNext, copy.sendUnacked);
  out.put(copy.sendMax, copy.sendNext);
  out.put(copy.sendWindowBytes, 0);
  out.put(copy.windowSeq, 0);
  out.put(copy.windowAck, copy.sendUnacked);
  out.put(copy.sendScale, USUAL_SCALE);
  out.put(copy.mssBytes, session.pieceBytes);
  out.put(copy.congestionWindowBytes, 0);
  out.put(copy.slowStartBytes, USUAL_SLOW_START_BYTES);
  out.put(copy.duplicateAcks, 0);
  out.put(copy.recoverSeq, 0);
  out.put(copy.receiveNext, 0);
  out.put(copy.targetIss, 0);
  out.put(copy.ackedUpTo, copy.receiveNext);
  out.put(copy.tsRecent, 0);
  out.put(copy.turn, session.turn);
  out.put(copy.answer, ANSWERED);
  out.put(copy.openedAtMs, copy.beganAtMs);
  out.put(copy.progressAtMs, session.lastSeenMs);
  out.put(copy.turnSeq, copy.iss);
  out.put(copy.lastTurn, copy.turn);
  out.put(copy.exchangesOpen, 0);
  out.put(copy.srttMs, 0);
  out.put(copy.rttVarMs, 0);
  out.put(copy.rtoMs, USUAL_RTO_MS);
  out.put(copy.timedSeq, copy.sendMax);
  out.put(copy.timedAtMs, session.lastSeenMs);
  out.put(copy.retries, 0);
  out.put(copy.othersReset, 0);
  out.put(copy.sendFailures, 0);
  out.put(copy.resendDueAtMs, 0);
  out.put(copy.resendLaterAtMs, 0);
  out.put(copy.probeDueAtMs, 0);
  out.put(copy.persistCount, 0);
  out.put(copy.sentAtUs, 0);
  out.put(copy.sentAtMs, copy.timedAtMs);
  out.put(copy.answeredAtUs, 0);
  out.put(copy.answerFromUs, copy.sentAtUs);
  out.put(copy.lastLatencyUs, -1);
  out.put(copy.bytesAsked, session.clientNext - copy.iss - 1);
  out.put(copy.bytesDelivered, copy.bytesAsked);
}

function takeCopy(from: NumberReader, session: Session, addresses: AddressBook): Copy {
  const mapping = session.mappings[from.take(0)]!;
  const index = from.take(0);
  const flags = from.take(0);
  const ending = from.take(-1);
  const source = takeAddress(from, session.client, addresses);
  const sourcePort = from.take(session.clientPort);
  const copy: Writable<Copy> = new Copy(session, mapping, index, source, sourcePort, USUAL_RTO_MS, 0);
  copy.flags = flags;
  copy.ending = ending < 0 ? null : endings[ending]!;
  copy.state = ending < 0 ? 'open' : 'closed';
  copy.target = takeAddress(from, mapping.target, addresses);
  copy.targetPort = from.take(mapping.targetPortOf(session.serverPort));
  const bits = from.take(0);
  copy.isLate = (bits & 1) !== 0;
  copy.isProbed = (bits & 2) !== 0;
  copy.exchange = (bits & 4) !== 0 ? session.exchange : null;
  copy.iss = from.take(session.clientIss);
  copy.seenAtStart = from.take(0);
  copy.saidAtMs = from.take(session.openedAtMs);
  copy.beganAtMs = from.take(session.openedAtMs);
  copy.failures = from.take(0);
  copy.sendUnacked = from.take(session.clientNext);
  copy.sendNext = from.take(copy.sendUnacked);
  copy.sendMax = from.take(copy.sendNext);
  copy.sendWindowBytes = from.take(0);
  copy.windowSeq = from.take(0);
  copy.windowAck = from.take(copy.sendUnacked);
  copy.sendScale = from.take(USUAL_SCALE);
  copy.mssBytes = from.take(session.pieceBytes);
  copy.congestionWindowBytes = from.take(0);
  copy.slowStartBytes = from.take(USUAL_SLOW_START_BYTES);
  copy.duplicateAcks = from.take(0);
  copy.recoverSeq = from.take(0);
  copy.receiveNext = from.take(0);
  copy.targetIss = from.take(0);
  copy.ackedUpTo = from.take(copy.receiveNext);
  copy.tsRecent = from.take(0);
  copy.turn = from.take(session.turn);
  copy.answer = from.take(ANSWERED);
  copy.openedAtMs = from.take(copy.beganAtMs);
  copy.progressAtMs = from.take(session.lastSeenMs);
  copy.turnSeq = from.take(copy.iss);
  copy.lastTurn = from.take(copy.turn);
  copy.exchangesOpen = from.take(0);
  copy.srttMs = from.take(0);
  copy.rttVarMs = from.take(0);
  copy.rtoMs = from.take(USUAL_RTO_MS);
  copy.timedSeq = from.take(copy.sendMax);
  copy.timedAtMs = from.take(session.lastSeenMs);
  copy.retries = from.take(0);
  copy.othersReset = from.take(0);
  copy.sendFailures = from.take(0);
  copy.resendDueAtMs = from.take(0);
  copy.resendLaterAtMs = from.take(0);
  copy.probeDueAtMs = from.take(0);
  copy.persistCount = from.take(0);
  copy.sentAtUs = from.take(0);
  copy.sentAtMs = from.take(copy.timedAtMs);
  copy.answeredAtUs = from.take(0);
  copy.answerFromUs = from.take(copy.sentAtUs);
  copy.lastLatencyUs = from.take(-1);
  copy.bytesAsked = from.take(session.clientNext - copy.iss - 1);
  copy.bytesDelivered = from.take(copy.bytesAsked);
  return copy;
}
