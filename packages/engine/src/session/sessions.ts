// The sessions that are known: those that are open, whether copied or left alone, and those that ended a moment ago.
import { ACK, type AddressWords, FIN, type IpView, RST, SYN, seqDiff, type TcpOptions, type TcpView } from '@parallax/wire';
import { AddressBook } from '../address-book.ts';
import type { CopyPairs } from '../allocator/copy-pairs.ts';
import { openCopy } from '../copy/open.ts';
import { Fading } from '../fading.ts';
import { FlowKey, type FlowTable } from '../flow-table.ts';
import { beginTalk, endTalk } from '../latency/parsed.ts';
import { endOnlineTurns } from '../latency/turns.ts';
import type { Ending } from '../ledger.ts';
import type { Mapping } from '../mapping.ts';
import { type Outline, ParkedOutline } from '../parking/outline.ts';
import type { Parked, Parking } from '../parking/parking.ts';
import { type Candidate, copiesOf } from '../selection.ts';
import { isSessionIdle } from '../sweep.ts';
import type { Work } from '../work.ts';
import { endCopies, endSession, mayBeProbe, PLAUSIBLE_BYTES } from './client-step.ts';
import { isAfterDrop } from './dropped.ts';
import { dropEarly } from './early.ts';
import { Ended } from './ended.ts';
import { Session } from './session.ts';
import { passOver, receive } from './stream.ts';

/** Which mappings listen at one port, and which of them leave a session out: seldom more than a few. */
const LISTS_KEPT = 64;

const isStopping = (mapping: Mapping): boolean => mapping.isStopping;

/** Is the session one that the mapping copies? */
const isIn = (mapping: Mapping, candidate: Candidate, nowMs: number): boolean =>
  copiesOf(mapping.config.multiplier, candidate) > 0 && mapping.selection.admits(candidate, mapping.sessionsCopied, nowMs);

/** Copies that a session would have had; one where the mapping's share left it out. */
const atLeastOne = (mapping: Mapping, candidate: Candidate): number => Math.max(1, copiesOf(mapping.config.multiplier, candidate));

export class Sessions {
  readonly #work: Work;
  readonly #pairs: CopyPairs;
  readonly #mappings: ReadonlyMap<string, Mapping>;
  readonly #table: FlowTable<Session | Parked>;
  readonly #parking: Parking;
  readonly #key = new FlowKey();
  readonly #addresses = new AddressBook();
  /** Lists of mappings that sessions share. */
  #lists: (readonly Mapping[])[] = [[]];
  /** Those that ended are known until their late packets are gone; the table leads to their numbers. */
  readonly #ended = new Fading<Ended>();
  readonly #leaveEnded = (ended: Ended, number: number): void => {
    this.#table.delete(this.#keyOf(ended), number);
  };
  #nextId = 1;
  #open = 0;
  /** Those of them that are not copied. */
  #leftAlone = 0;
  #shedCount = 0;

  constructor(work: Work, pairs: CopyPairs, mappings: ReadonlyMap<string, Mapping>, table: FlowTable<Session | Parked>, parking: Parking) {
    this.#work = work;
    this.#pairs = pairs;
    this.#mappings = mappings;
    this.#table = table;
    this.#parking = parking;
  }

  /** How many have not ended. */
  get open(): number {
    return this.#open;
  }

  /** Those that have not ended. */
  *outlines(): IterableIterator<Outline> {
    for (const session of this.#table.values()) {
      if (typeof session === 'object') yield session;
      else if (session >= 0) yield this.#parking.outline(session);
    }
  }

  /** Those of them that are not parked. */
  *awake(): IterableIterator<Session> {
    for (const session of this.#table.values()) if (typeof session === 'object') yield session;
  }

  /** The session itself: from now on it is not parked. */
  wake(outline: Outline): Session {
    return outline instanceof ParkedOutline ? this.#parking.wake(outline.record) : (outline as Session);
  }

  /** The session with this key; null if it ended a moment ago. */
  get(key: FlowKey): Session | null | undefined {
    const session = this.#table.get(key);
    if (typeof session !== 'number') return session;
    return session < 0 ? null : this.#parking.wake(session);
  }

  /** Is it the SYN, said again or late, of the session that ended a moment ago there? Behind a reset its number may be anybody's. */
  isSynOfEnded(key: FlowKey, seq: number): boolean {
    const { clientIss, isReset } = this.#ended.get(this.#table.get(key) as number);
    return clientIss === seq && !isReset;
  }

  /** A mapping left, and its sessions are awake: those that none copies any more are dropped. They are not over: a mapping that starts next may meet them again. */
  dropUnwanted(): void {
    this.#lists = [[]];
    for (const session of this.awake()) {
      if (!session.mappings.every(isStopping) || !session.leftOut.every(isStopping)) continue;
      this.#end(session);
      this.#table.delete(this.#keyOf(session), session);
    }
  }

  /** The copies ask with what the client asked last; those that asked already go on (row 36). */
  onSynAgain(session: Session, options: TcpOptions): void {
    session.lastSeenMs = this.#work.nowMs;
    session.synAtUs = 0; // which of them the answer is for nobody knows
    if (!session.isAnswered) this.#readOffer(session, options);
  }

  #readOffer(session: Session, options: TcpOptions): void {
    session.mssBytes = options.mssBytes;
    session.hasWindowScale = options.windowScale >= 0;
    session.hasTimestamps = options.hasTimestamps;
    session.isSigned = options.isAuthenticated;
  }

  /** A client's SYN opens one, with its copies. Its data, if there are any, are the `payloadBytes` at `payloadAt` (RFC 7413). */
  begin(ip: IpView, tcp: TcpView, options: TcpOptions, payloadAt: number, payloadBytes: number, capturedAtUs: number): void {
    const work = this.#work;
    this.forgetEnded();
    if (this.#isFull || this.#isCopyingAll) {
      this.#leaveAlone(ip, tcp, tcp.seq, 'overLimit');
      return;
    }
    const session = this.#make(ip, tcp, tcp.seq);
    if (session === null) return;
    this.#readOffer(session, options);
    session.pieceBytes = this.#pieceBytes(session);
    session.synAtUs = capturedAtUs;
    if (!session.isSkipped) beginTalk(session);
    for (const mapping of session.mappings) {
      mapping.packetsCaptured++;
      const copies = copiesOf(mapping.config.multiplier, session);
      for (let index = 0; index < copies; index++) {
        const copy = openCopy(work, session, mapping, index, null);
        if (copy === null) session.addAbsence(mapping, 'noPortFree', 1);
        else session.addCopy(copy);
      }
    }
    if (payloadBytes > 0 && !session.isSkipped) {
      // Data in the SYN (RFC 7413): the copies open without and say it then. If the online server does not take it, the client says it again.
      if (receive(work, session, (tcp.seq + 1) | 0, payloadAt, payloadBytes, 0, false, capturedAtUs) === 'full') endCopies(work, session, 'overLimit');
      session.hasTurnAck = false;
    }
  }

  /** Null where no mapping listens. */
  #make(ip: IpView, tcp: TcpView, iss: number): Session | null {
    const client = this.#addresses.of(ip.source(0), ip.source(1), ip.source(2), ip.source(3));
    const server = this.#addresses.of(ip.destination(0), ip.destination(1), ip.destination(2), ip.destination(3));
    const clientPort = tcp.sourcePort;
    const port = tcp.destinationPort;
    const { nowMs, captureDrops } = this.#work;
    const asking: Mapping[] = [];
    const leaving: Mapping[] = [];
    for (const mapping of this.#mappings.values()) {
      if (!mapping.listensOn(server, port)) continue;
      mapping.sessionsOpened++;
      (isIn(mapping, { client, clientPort, serverPort: port, clientIss: iss }, nowMs) ? asking : leaving).push(mapping);
    }
    if (asking.length + leaving.length === 0) return null;
    const mappings = this.#listOf(asking);
    const leftOut = this.#listOf(leaving);
    const session = new Session(this.#nextId++, client, clientPort, server, port, iss, mappings, leftOut, nowMs, captureDrops);
    if (session.isLeftOut) this.#setSkipped(session);
    for (const mapping of leftOut) session.addAbsence(mapping, 'sampledOut', atLeastOne(mapping, session));
    for (const mapping of mappings) {
      mapping.sessionsOpen++;
      mapping.sessionsCopied++;
    }
    this.#pairs.reserve(session, mappings, 1);
    this.#pairs.reserve(session, leftOut, 1);
    this.#open++;
    this.#table.set(this.#keyOf(session), session);
    return session;
  }

  /** The list that other sessions have too, if it is the same. */
  #listOf(mappings: readonly Mapping[]): readonly Mapping[] {
    const known = this.#lists.find((list) => list.length === mappings.length && list.every((mapping, index) => mapping === mappings[index]));
    if (known !== undefined) return known;
    if (this.#lists.length >= LISTS_KEPT) this.#lists = [[]];
    const list = mappings.slice();
    this.#lists.push(list);
    return list;
  }

  /** What the target took last is the best guess; then what the client offered; both without the bytes of the timestamps option. */
  #pieceBytes(session: Session): number {
    let pieceBytes = this.#work.limits.mtuBytes - (session.server[2] === 0xffff ? 40 : 60) - (session.hasTimestamps ? 12 : 0); // of copies to the other IP version, longer ones are cut as they are sent
    for (const mapping of session.mappings) if (mapping.lastMssBytes > 0) pieceBytes = Math.min(pieceBytes, mapping.lastMssBytes);
    return Math.max(pieceBytes, 64);
  }

  /** Its beginning was not captured: it was open before, or the capture lost it. Null when it stays unknown. */
  meet(ip: IpView, tcp: TcpView, options: TcpOptions, payloadBytes: number): Session | null {
    const ending = this.#work.isShedding ? 'overLimit' : isAfterDrop(this.#work) ? 'captureDrop' : 'midStreamSkipped';
    this.forgetEnded();
    if (this.#isFull || this.#isCopyingAll) return this.#leaveAlone(ip, tcp, (tcp.seq - 1) | 0, ending);
    const session = this.#make(ip, tcp, (tcp.seq - 1) | 0);
    if (session === null) return null;
    if (mayBeProbe(payloadBytes, tcp.flags)) session.clientNext = (tcp.seq + 1) | 0;
    session.hasTimestamps = options.hasTimestamps;
    session.isSigned = options.isAuthenticated;
    session.isMet = true;
    for (const mapping of session.mappings) this.#awaitStart(session, mapping, ending);
    if (session.newcomers.length === 0) this.#setSkipped(session);
    return session;
  }

  /** The session was open, and known for other mappings, when this one started. */
  join(session: Session, mapping: Mapping): void {
    const isWanted = isIn(mapping, session, this.#work.nowMs);
    if (isWanted) session.mappings = this.#listOf([...session.mappings, mapping]);
    else session.leftOut = this.#listOf([...session.leftOut, mapping]);
    this.#pairs.reserve(session, [mapping], 1);
    if (!isWanted) return session.addAbsence(mapping, 'sampledOut', atLeastOne(mapping, session));
    mapping.sessionsOpen++;
    if (!session.isSkipped) mapping.sessionsCopied++;
    this.#awaitStart(session, mapping, 'midStreamSkipped');
    if (session.newcomers.length > 0) this.#follow(session);
  }

  /** The mapping has no copies of a session that is open already: it wants them from later on, or never. */
  #awaitStart(session: Session, mapping: Mapping, ending: Ending): void {
    const copies = copiesOf(mapping.config.multiplier, session);
    if (mapping.midStream === 'skip') return session.addAbsence(mapping, ending, copies);
    session.newcomers = [...session.newcomers, { mapping, copies, ending, isCounted: false }];
    session.isWaiting = true;
    if (session.pieceBytes > 0) return;
    session.isPushed = false;
    session.hasWindowScale = true; // what its SYN offered nobody knows
    session.pieceBytes = this.#pieceBytes(session);
  }

  /** It was left alone: of what was said on it only the count is known. */
  #follow(session: Session): void {
    if (!session.isSkipped) return;
    session.isSkipped = false;
    for (const mapping of session.mappings) mapping.sessionsCopied++;
    this.#leftAlone--;
    session.isPushed = false;
  }

  /** A session that is not copied is known from now on, so that it is counted once, with all that is said on it. */
  #leaveAlone(ip: IpView, tcp: TcpView, iss: number, ending: Ending): Session | null {
    if (this.#isFull) {
      this.#countUnknown(ip, tcp, ending);
      return null;
    }
    const session = this.#make(ip, tcp, iss);
    if (session === null) return null;
    if (this.#work.isShedding) this.#shedCount++;
    this.#setSkipped(session);
    for (const mapping of session.mappings) session.addAbsence(mapping, ending, copiesOf(mapping.config.multiplier, session));
    return session;
  }

  #setSkipped(session: Session): void {
    if (session.isSkipped) return;
    this.#leftAlone++;
    for (const mapping of session.mappings) mapping.sessionsCopied--;
    session.isSkipped = true;
  }

  onSkipped(session: Session, tcp: TcpView, payloadBytes: number): void {
    const { seq, ack, flags } = tcp;
    session.lastSeenMs = this.#work.nowMs;
    if ((flags & (SYN | ACK)) === ACK) session.isCompleteAlone = true;
    const newBytes = seqDiff((seq + payloadBytes) | 0, session.clientNext);
    if (payloadBytes > 0 && newBytes > 0 && newBytes <= PLAUSIBLE_BYTES) passOver(session, newBytes, ack);
    if ((flags & (FIN | RST)) !== 0) this.forget(session);
  }

  /** End the copies of that share of the sessions that have any, youngest first, rounded up. */
  shed(share: number): number {
    const copied = [...this.outlines()].filter(({ liveCopies }) => liveCopies > 0).sort((a, b) => b.id - a.id);
    const shed = copied.slice(0, Math.ceil(copied.length * share)).map((outline) => this.wake(outline));
    for (const session of shed) {
      session.isShed = true;
      endCopies(this.#work, session, 'overLimit');
    }
    this.#shedCount += shed.length;
    return shed.length;
  }

  /** Sessions that were left out, or cut short, because the host had too much to do. */
  get shedCount(): number {
    return this.#shedCount;
  }

  get #isCopyingAll(): boolean {
    return this.#work.isShedding || this.#open - this.#leftAlone >= this.#work.limits.sessions;
  }

  get #isFull(): boolean {
    const { sessions, sessionsLeftAlone } = this.#work.limits;
    return this.#open >= sessions + sessionsLeftAlone;
  }

  /** There is no room to know it: what is said on it is not accounted for, and one whose beginning was not captured cannot be counted once. */
  #countUnknown(ip: IpView, tcp: TcpView, ending: Ending): void {
    if ((tcp.flags & SYN) === 0) return;
    const client: AddressWords = [ip.source(0), ip.source(1), ip.source(2), ip.source(3)];
    const server: AddressWords = [ip.destination(0), ip.destination(1), ip.destination(2), ip.destination(3)];
    const candidate = { client, clientPort: tcp.sourcePort, serverPort: tcp.destinationPort, clientIss: tcp.seq };
    const asking = [...this.#mappings.values()].filter((mapping) => mapping.listensOn(server, tcp.destinationPort));
    for (const mapping of asking) mapping.ledger.copies.writeOff(ending, atLeastOne(mapping, candidate));
    if (asking.length > 0 && this.#work.isShedding) this.#shedCount++;
  }

  /** The client opened a new connection from the same port: the old one is over, whatever was captured of it. */
  replace(session: Session): void {
    session.isReplaced = true;
    // Its end was lost on the way or not captured. What lies beyond a gap was never acknowledged, or the copies would have ended before: they deliver the rest and abort.
    if (!session.isFinReached && !session.isReset) endSession(this.#work, session, session.turn);
    this.forget(session);
  }

  /** No longer open, but known for a while: late packets must not look like a connection that was there before. */
  forget(session: Session): void {
    if (session.isEnded) return;
    this.#end(session);
    const number = this.#ended.add(new Ended(session, this.#work.nowMs + this.#work.limits.endedKeptMs));
    this.#table.set(this.#keyOf(session), number);
  }

  #end(session: Session): void {
    session.isEnded = true;
    for (const copy of session.copies) this.#work.reduceCopy(copy);
    dropEarly(this.#work, session);
    endOnlineTurns(this.#work, session);
    endTalk(this.#work, session);
    for (const mapping of session.mappings) mapping.sessionsOpen--;
    this.#pairs.reserve(session, session.mappings, -1);
    this.#pairs.reserve(session, session.leftOut, -1);
    this.#open--;
    if (session.isSkipped) this.#leftAlone--;
    else for (const mapping of session.mappings) mapping.sessionsCopied--;
  }

  forgetEnded(): void {
    this.#ended.expire(this.#work.nowMs, this.#leaveEnded);
  }

  /** Those of which nothing was captured for long are forgotten, once no copy goes on. */
  sweep(): void {
    this.forgetEnded();
    for (const session of this.awake()) if (isSessionIdle(this.#work, session)) this.forget(session);
  }

  #keyOf({ client, clientPort, server, serverPort }: Session | Ended): FlowKey {
    return this.#key.set(client, clientPort, server, serverPort);
  }
}
