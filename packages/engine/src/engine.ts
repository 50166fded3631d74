// The engine's doors: packets in, time in, mappings in; effects out through a port. No socket, no clock, no log.
import { ACK, type AddressWords, FIN, type IpView, RST, Segment, SYN, seqDiff, type TcpOptions, type TcpView } from '@parallax/wire';
import { AddressBook } from './address-book.ts';
import { Leases, type Request } from './allocator/leases.ts';
import type { Copy } from './copy/copy.ts';
import { emitAck } from './copy/emit.ts';
import { deliveredEnding, endQuietly, endWithReset, isLive, silentEnding } from './copy/end.ts';
import { openCopy } from './copy/open.ts';
import { resume } from './copy/resume.ts';
import { sendSyn } from './copy/send.ts';
import { onTargetSegment } from './copy/target-step.ts';
import { onCopyTimer } from './copy/timer-step.ts';
import type { Effects } from './effects.ts';
import { FlowKey, FlowTable } from './flow-table.ts';
import { Exchanges } from './latency/exchange.ts';
import { beginTalk, dropTalk, endTalk, Listener, type Mark, onMark } from './latency/parsed.ts';
import { endOnlineTurns } from './latency/turns.ts';
import type { Ending } from './ledger.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { Mapping, type MappingConfig } from './mapping.ts';
import type { Memory } from './memory.ts';
import { Pieces } from './pieces.ts';
import { type Candidate, copiesOf } from './selection.ts';
import { endCopies, endSession, onClientSegment, PLAUSIBLE_BYTES } from './session/client-step.ts';
import { isAfterDrop, wasDropped } from './session/dropped.ts';
import { dropEarly } from './session/early.ts';
import { onOnlineSegment } from './session/online-step.ts';
import { Session } from './session/session.ts';
import { passOver, receive } from './session/stream.ts';
import { TimerWheel } from './timer-wheel.ts';
import { TokenBucket } from './token-bucket.ts';
import type { Work } from './work.ts';

const SWEEP_EVERY_MS = 10_000;
/** Which mappings listen at one port, and which of them leave a session out: seldom more than a few. */
const LISTS_KEPT = 64;

const isStopping = (mapping: Mapping): boolean => mapping.isStopping;

/** Is the session one that the mapping copies? */
const isIn = (mapping: Mapping, candidate: Candidate, nowMs: number): boolean =>
  copiesOf(mapping.config.multiplier, candidate) > 0 && mapping.selection.admits(candidate, mapping.sessionsCopied, nowMs);

/** Copies that a session would have had; one where the mapping's share left it out. */
const atLeastOne = (mapping: Mapping, candidate: Candidate): number => Math.max(1, copiesOf(mapping.config.multiplier, candidate));

export interface EngineOptions {
  memory: Memory;
  /** Range of the memory for the clients' bytes. */
  storeAt: number;
  storeBytes: number;
  limits?: Partial<Limits>;
  /** Seeds the flow tables' hash. */
  seed: number;
  /** Whole ms, any origin, never going back; later times come with each call. */
  nowMs: number;
  /** Added to the time for TCP timestamps. */
  timestampBaseMs: number;
}

export class Engine {
  readonly #work: Work;
  readonly #sessions: FlowTable<Session>;
  readonly #leases: Leases;
  readonly #key = new FlowKey();
  readonly #addresses = new AddressBook();
  /** Lists of mappings that sessions share. */
  #lists: (readonly Mapping[])[] = [[]];
  readonly #mappings = new Map<string, Mapping>();
  readonly #fire: (copy: Copy) => void;
  /** Sessions that ended, oldest first; known until their late packets are gone. */
  #ended: Session[] = [];
  #endedAt = 0;
  #nextSessionId = 1;
  #sessionsOpen = 0;
  /** Those of them that are not copied. */
  #sessionsLeftAlone = 0;
  #sweepAtMs: number;

  constructor(options: EngineOptions, out: Effects) {
    this.#sessions = new FlowTable(options.seed);
    this.#leases = new Leases(options.seed ^ 0x9e3779b9);
    const limits = { ...defaultLimits, ...options.limits };
    const listener = new Listener();
    this.#work = {
      out,
      limits,
      exchanges: new Exchanges(limits.exchanges, limits.exchangesOfSession),
      listener,
      pieces: new Pieces(options.memory, options.storeAt, options.storeBytes),
      wheel: new TimerWheel<Copy>(options.nowMs),
      segment: new Segment(),
      nowMs: Math.floor(options.nowMs),
      timestampBaseMs: options.timestampBaseMs,
      captureDrops: 0,
      dropAtMs: Number.NEGATIVE_INFINITY,
      resets: new TokenBucket(limits.resetsAtOnce, limits.resetsPerSecond, Math.floor(options.nowMs)),
      ackDue: [],
      stampDue: [],
      findPair: (session, mapping, isFirst) => this.#leases.find(this.#requestOf(session, mapping, isFirst), mapping.sources, this.#work.nowMs),
      knowCopy: (copy) => this.#leases.add(copy),
      forgetCopy: (copy) => this.#release(copy),
      moveCopy: (copy) => this.#moveCopy(copy),
      forgetSession: (session) => this.#forgetSession(session),
    };
    listener.attach(this.#work);
    this.#fire = (copy) => onCopyTimer(this.#work, copy);
    this.#sweepAtMs = this.#work.nowMs + SWEEP_EVERY_MS;
  }

  get mappings(): ReadonlyMap<string, Mapping> {
    return this.#mappings;
  }
  /** Copies that the target may still know, being reset ones included. */
  get copiesKnown(): number {
    return this.#leases.copies.size;
  }
  /** Pairs of address and port that are kept from copies because a real client has them. */
  get clientPairsKnown(): number {
    return this.#leases.clientsKnown;
  }
  /** Sessions that have not ended. */
  get sessionsKnown(): number {
    return this.#sessionsOpen;
  }
  get storeUsedBytes(): number {
    return this.#work.pieces.store.usedBytes;
  }
  /** Requests that wait for an answer of the online server or of a target, of sessions that go on. */
  get exchangesHeld(): number {
    return this.#work.exchanges.used;
  }
  /** If the store is empty: how many of its bytes, from its beginning on, were in use since it was last. Their content is of no interest any more. */
  recycleStore(): number {
    const { store } = this.#work.pieces;
    const { touchedBytes } = store;
    return store.recycle() ? touchedBytes : 0;
  }
  *sessions(): IterableIterator<Session> {
    for (const session of this.#sessions.values()) if (!session.isEnded) yield session;
  }

  /** Every copy that is known, finished ones that still answer late segments included. */
  copies(): IterableIterator<Copy> {
    return this.#leases.copies.values();
  }

  /** Start copying for a mapping: sessions that open from now on, and those that are open as its policy for them says. Throws if its id is in use. */
  addMapping(config: MappingConfig, nowMs = this.#work.nowMs): Mapping {
    this.#work.nowMs = Math.floor(nowMs);
    if (this.#mappings.has(config.id)) throw new Error(`mapping "${config.id}" exists already`);
    const mapping = new Mapping(config, this.#work.nowMs);
    this.#mappings.set(config.id, mapping);
    for (const session of this.sessions()) if (mapping.listensOn(session.server, session.serverPort)) this.#join(session, mapping);
    return mapping;
  }

  /** Reset every copy of the mapping at its target and forget it. Late answers are still served until `copiesKnown` is 0. */
  removeMapping(id: string, nowMs: number): void {
    const mapping = this.#mappings.get(id);
    if (mapping === undefined) return;
    this.#work.nowMs = Math.floor(nowMs);
    mapping.isStopping = true;
    this.#mappings.delete(id);
    this.#lists = [[]];
    for (const copy of this.#leases.copies.values()) if (copy.mapping === mapping) endWithReset(this.#work, copy, 'stopped');
    for (const session of this.sessions()) {
      if (!session.mappings.every(isStopping) || !session.leftOut.every(isStopping)) continue;
      this.#forgetSession(session);
      this.#sessions.delete(this.#sessionKey(session), session); // it is not over: a mapping that starts next may meet it again
    }
  }

  /**
   * Another configuration for a mapping that runs. What is still asked for goes on as it is; copies of ports no longer listened on, or that would now lead
   * elsewhere, are reset. Everything else holds for sessions that open from now on. Throws on an address that is none, and then changes nothing.
   */
  changeMapping(config: MappingConfig, nowMs: number): void {
    const mapping = this.#mappings.get(config.id);
    if (mapping === undefined) throw new Error(`there is no mapping "${config.id}" to change`);
    this.#work.nowMs = Math.floor(nowMs);
    const sessions = [...this.sessions()].filter(({ mappings, leftOut }) => mappings.includes(mapping) || leftOut.includes(mapping));
    new Mapping(config, nowMs); // what is wrong shows here
    const { adapter } = mapping;
    for (const session of sessions) this.#reserve(session, [mapping], -1);
    mapping.configure(config, this.#work.nowMs);
    for (const session of sessions) this.#reserve(session, [mapping], 1);
    if (mapping.adapter !== adapter) for (const session of sessions) dropTalk(this.#work, session); // nobody may capture what it needs any more
    for (const copy of this.#leases.copies.values()) if (copy.mapping === mapping && !mapping.wants(copy)) endWithReset(this.#work, copy, 'stopped');
  }

  /** The mapping's assistant came or went. While it is away nothing new is sent; when it is back, what is unacknowledged goes again at once. */
  setRelayUp(id: string, isUp: boolean, nowMs: number): void {
    const mapping = this.#mappings.get(id);
    if (mapping === undefined || mapping.isRelayUp === isUp) return;
    this.#work.nowMs = Math.floor(nowMs);
    mapping.isRelayUp = isUp;
    if (!isUp) return;
    for (const copy of this.#leases.copies.values()) if (copy.mapping === mapping) resume(this.#work, copy);
  }

  /** A captured packet from a client to the online server. `payloadBytes` of its payload were captured at `payloadAt`. */
  onClient(ip: IpView, tcp: TcpView, options: TcpOptions, payloadAt: number, payloadBytes: number, capturedAtUs: number, nowMs: number): void {
    const work = this.#work;
    work.nowMs = Math.floor(nowMs);
    const key = this.#packetKey(ip, tcp, true);
    let session: Session | null | undefined = this.#sessions.get(key);
    const { flags } = tcp;
    if ((flags & (SYN | ACK | RST)) === SYN) {
      if (session !== undefined && session.clientIss === tcp.seq && !session.isReset) return this.#onSynAgain(session, options);
      if (session !== undefined) this.#replaceSession(session);
      this.#open(ip, tcp, options, payloadAt, payloadBytes, capturedAtUs);
      return;
    }
    if (session?.isEnded) return;
    if (session === undefined) {
      if (payloadBytes === 0) return;
      session = this.#meet(ip, tcp, options, payloadBytes);
      if (session === null) return;
    }
    if (session.isSkipped) return this.#onSkipped(session, tcp, payloadBytes);
    for (const mapping of session.mappings) mapping.packetsCaptured++;
    onClientSegment(work, session, tcp, payloadAt, payloadBytes, capturedAtUs);
  }

  /**
   * A captured packet that left this host: from the online server to a client, or a copy's own, whose time of leaving counts. Of its `payloadBytes`,
   * `capturedBytes` are at `payloadAt`; where no adapter reads them, none need be.
   */
  onOutgoing(ip: IpView, tcp: TcpView, payloadAt: number, capturedBytes: number, payloadBytes: number, capturedAtUs: number, nowMs: number): void {
    this.#work.nowMs = Math.floor(nowMs);
    const session = this.#sessions.get(this.#packetKey(ip, tcp, false));
    if (session === undefined) return this.#onCopyLeft(ip, tcp, payloadBytes, capturedAtUs);
    if (!session.isEnded) onOnlineSegment(this.#work, session, tcp, payloadAt, capturedBytes, payloadBytes, capturedAtUs);
  }

  /** The kernel's own time for the last byte of a request, or for the SYN, replaces the time noted at the flush. */
  #onCopyLeft(ip: IpView, tcp: TcpView, payloadBytes: number, capturedAtUs: number): void {
    const copy = this.#leases.copies.get(this.#packetKey(ip, tcp, true));
    if (copy === undefined) return;
    const isSyn = (tcp.flags & SYN) !== 0;
    if (seqDiff(copy.sendMax, tcp.seq) === (isSyn ? 1 : payloadBytes) && (isSyn || payloadBytes > 0)) copy.sentAtUs = capturedAtUs;
    copy.talk?.onLeft(tcp.seq, (tcp.seq + payloadBytes) | 0, capturedAtUs);
  }

  /** A header of a target's answer as an assistant captured it, or of several that follow each other, the last at `lastAnsweredAtUs`. False if it belongs to no copy of this engine. */
  onAnswer(ip: IpView, tcp: TcpView, options: TcpOptions, payloadBytes: number, answeredAtUs: number, nowMs: number, lastAnsweredAtUs = answeredAtUs): boolean {
    this.#work.nowMs = Math.floor(nowMs);
    const copy = this.#leases.copies.get(this.#packetKey(ip, tcp, false));
    if (copy === undefined) return false;
    copy.mapping.answers++;
    copy.mapping.answerLag.offer(answeredAtUs, nowMs);
    onTargetSegment(this.#work, copy, tcp, options, payloadBytes, answeredAtUs, lastAnsweredAtUs);
    return true;
  }

  /** An assistant read a response of a target to the copy at this address and port. False if it belongs to no copy of this engine. */
  onMark(source: AddressWords, sourcePort: number, target: AddressWords, targetPort: number, mark: Mark, nowMs: number): boolean {
    this.#work.nowMs = Math.floor(nowMs);
    const copy = this.#leases.copies.get(this.#key.set(source, sourcePort, target, targetPort));
    if (copy === undefined) return false;
    onMark(this.#work, copy, mark);
    return true;
  }

  /** The kernel lost packets of the capture since this was last said: what is found missing from now on was lost there. */
  noteCaptureDrops(nowMs: number): void {
    this.#work.captureDrops++;
    this.#work.dropAtMs = Math.floor(nowMs);
  }

  /** The kernel would not send a copy's packet. */
  onSendFailed(ip: IpView, tcp: TcpView): void {
    const copy = this.#leases.copies.get(this.#packetKey(ip, tcp, true));
    if (copy !== undefined) copy.sendFailures++;
  }

  /** Time has passed: fire what is due. */
  onTime(nowMs: number): void {
    const work = this.#work;
    work.nowMs = Math.floor(nowMs);
    work.wheel.advance(nowMs, this.#fire);
    if (work.nowMs >= this.#sweepAtMs) this.#sweep();
  }

  /** The batch is done: acknowledge what no data acknowledged on the way. */
  endBatch(): void {
    const { ackDue } = this.#work;
    for (let index = 0; index < ackDue.length; index++) {
      const copy = ackDue[index]!;
      if (copy.isAckDue && copy.state !== 'closed') emitAck(this.#work, copy);
      copy.isAckDue = false;
    }
    ackDue.length = 0;
  }

  /** Everything injected so far leaves at about this time, µs since 1970; `onOutgoing` corrects it by the kernel's time where it sees the copies. */
  stampSent(sentAtUs: number): void {
    const { stampDue } = this.#work;
    for (let index = 0; index < stampDue.length; index++) {
      const copy = stampDue[index]!;
      copy.sentAtUs = sentAtUs;
      copy.talk?.stamp(sentAtUs);
      copy.isAwaitingStamp = false;
    }
    stampDue.length = 0;
  }

  /** True while anything waits for time to pass: `onTime` must be called every few ms. */
  get hasTimers(): boolean {
    return this.#work.wheel.size > 0;
  }

  /** The copies ask with what the client asked last; those that asked already go on (row 36). */
  #onSynAgain(session: Session, options: TcpOptions): void {
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

  #open(ip: IpView, tcp: TcpView, options: TcpOptions, payloadAt: number, payloadBytes: number, capturedAtUs: number): void {
    const work = this.#work;
    this.#forgetEnded();
    if (this.#isFull || this.#isCopyingAll) {
      this.#leaveAlone(ip, tcp, tcp.seq, 'overLimit');
      return;
    }
    const session = this.#newSession(ip, tcp, tcp.seq);
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

  /** While the client has its pair, no copy of another session gets it at those targets (1); or the client has left (-1). */
  #reserve({ client, clientPort, serverPort }: Session, mappings: readonly Mapping[], change: 1 | -1): void {
    for (const mapping of mappings) this.#leases.countClient(client, clientPort, mapping.target, mapping.targetPortOf(serverPort), change);
  }

  #requestOf({ client, clientPort, server, serverPort }: Session, mapping: Mapping, isFirst: boolean): Request {
    return { client, clientPort, server, target: mapping.target, targetPort: mapping.targetPortOf(serverPort), isFirst };
  }

  /** The target answered the SYN for a connection that it has already, of nobody known here. That one is not ours to end. */
  #moveCopy(copy: Copy): void {
    const { session, mapping } = copy;
    const { limits, nowMs } = this.#work;
    const request = { ...this.#requestOf(session, mapping, false), target: copy.target, targetPort: copy.targetPort };
    const pair = ++copy.retries > limits.synRetries ? null : this.#leases.find(request, mapping.sources, nowMs);
    if (pair === null) return endQuietly(this.#work, copy, 'noPortFree');
    this.#leases.remove(copy, limits.timeWaitMs, nowMs);
    copy.source = pair.source;
    copy.sourcePort = pair.port;
    copy.isLeased = true;
    this.#leases.add(copy);
    sendSyn(this.#work, copy);
  }

  /** The copy's pair is free again, once the target has forgotten it. */
  #release(copy: Copy): void {
    const { limits, nowMs } = this.#work;
    const coolMs = !copy.leavesTimeWait ? 0 : copy.hasTimestamps ? limits.timeWaitStampedMs : limits.timeWaitMs;
    copy.mapping.coolingMs += coolMs;
    this.#leases.remove(copy, coolMs, nowMs);
  }

  /** Null where no mapping listens. */
  #newSession(ip: IpView, tcp: TcpView, iss: number): Session | null {
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
    const session = new Session(this.#nextSessionId++, client, clientPort, server, port, iss, mappings, leftOut, nowMs, captureDrops);
    if (session.isLeftOut) this.#setSkipped(session);
    for (const mapping of leftOut) session.addAbsence(mapping, 'sampledOut', atLeastOne(mapping, session));
    for (const mapping of mappings) {
      mapping.sessionsOpen++;
      mapping.sessionsCopied++;
    }
    this.#reserve(session, mappings, 1);
    this.#reserve(session, leftOut, 1);
    this.#sessionsOpen++;
    this.#sessions.set(this.#sessionKey(session), session);
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
  #meet(ip: IpView, tcp: TcpView, options: TcpOptions, payloadBytes: number): Session | null {
    const ending = isAfterDrop(this.#work) ? 'captureDrop' : 'midStreamSkipped';
    this.#forgetEnded();
    if (this.#isFull || this.#isCopyingAll) return this.#leaveAlone(ip, tcp, (tcp.seq - 1) | 0, ending);
    const session = this.#newSession(ip, tcp, (tcp.seq - 1) | 0);
    if (session === null) return null;
    if (payloadBytes === 1) session.clientNext = (tcp.seq + 1) | 0; // a lone byte may be the garbage of a probe (row 27)
    session.hasTimestamps = options.hasTimestamps;
    session.isSigned = options.isAuthenticated;
    session.isMet = true;
    for (const mapping of session.mappings) this.#awaitStart(session, mapping, ending);
    if (session.newcomers.length === 0) this.#setSkipped(session);
    return session;
  }

  /** The session was open, and known for other mappings, when this one started. */
  #join(session: Session, mapping: Mapping): void {
    const isWanted = isIn(mapping, session, this.#work.nowMs);
    if (isWanted) session.mappings = [...session.mappings, mapping];
    else session.leftOut = [...session.leftOut, mapping];
    this.#reserve(session, [mapping], 1);
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
    this.#sessionsLeftAlone--;
    session.isPushed = false;
  }

  /** A session that is not copied is known from now on, so that it is counted once, with all that is said on it. */
  #leaveAlone(ip: IpView, tcp: TcpView, iss: number, ending: Ending): Session | null {
    if (this.#isFull) {
      this.#countUnknown(ip, tcp, ending);
      return null;
    }
    const session = this.#newSession(ip, tcp, iss);
    if (session === null) return null;
    this.#setSkipped(session);
    for (const mapping of session.mappings) session.addAbsence(mapping, ending, copiesOf(mapping.config.multiplier, session));
    return session;
  }

  #setSkipped(session: Session): void {
    if (session.isSkipped) return;
    this.#sessionsLeftAlone++;
    for (const mapping of session.mappings) mapping.sessionsCopied--;
    session.isSkipped = true;
  }

  #onSkipped(session: Session, tcp: TcpView, payloadBytes: number): void {
    const { seq, ack, flags } = tcp;
    session.lastSeenMs = this.#work.nowMs;
    const newBytes = seqDiff((seq + payloadBytes) | 0, session.clientNext);
    if (payloadBytes > 0 && newBytes > 0 && newBytes <= PLAUSIBLE_BYTES) passOver(session, newBytes, ack);
    if ((flags & (FIN | RST)) !== 0) this.#forgetSession(session);
  }

  get #isCopyingAll(): boolean {
    return this.#sessionsOpen - this.#sessionsLeftAlone >= this.#work.limits.sessions;
  }

  get #isFull(): boolean {
    const { sessions, sessionsLeftAlone } = this.#work.limits;
    return this.#sessionsOpen >= sessions + sessionsLeftAlone;
  }

  /** There is no room to know it: what is said on it is not accounted for, and one whose beginning was not captured cannot be counted once. */
  #countUnknown(ip: IpView, tcp: TcpView, ending: Ending): void {
    if ((tcp.flags & SYN) === 0) return;
    const client: AddressWords = [ip.source(0), ip.source(1), ip.source(2), ip.source(3)];
    const server: AddressWords = [ip.destination(0), ip.destination(1), ip.destination(2), ip.destination(3)];
    const candidate = { client, clientPort: tcp.sourcePort, serverPort: tcp.destinationPort, clientIss: tcp.seq };
    for (const mapping of this.#mappings.values())
      if (mapping.listensOn(server, tcp.destinationPort)) mapping.ledger.copies.writeOff(ending, atLeastOne(mapping, candidate));
  }

  /** The client opened a new connection from the same port: the old one is over, whatever was captured of it. */
  #replaceSession(session: Session): void {
    session.isReplaced = true;
    // Its end was lost on the way or not captured. What lies beyond a gap was never acknowledged, or the copies would have ended before: they deliver the rest and abort.
    if (!session.isFinReached && !session.isReset) endSession(this.#work, session, session.turn);
    this.#forgetSession(session);
  }

  /** No longer open, but known for a while: late packets must not look like a connection that was there before. */
  #forgetSession(session: Session): void {
    if (session.isEnded) return;
    session.isEnded = true;
    session.endedAtMs = this.#work.nowMs;
    dropEarly(this.#work, session);
    endOnlineTurns(this.#work, session);
    endTalk(this.#work, session);
    for (const mapping of session.mappings) mapping.sessionsOpen--;
    this.#reserve(session, session.mappings, -1);
    this.#reserve(session, session.leftOut, -1);
    this.#sessionsOpen--;
    if (session.isSkipped) this.#sessionsLeftAlone--;
    else for (const mapping of session.mappings) mapping.sessionsCopied--;
    this.#ended.push(session);
  }

  #forgetEnded(): void {
    const untilMs = this.#work.nowMs - this.#work.limits.endedKeptMs;
    const ended = this.#ended;
    while (this.#endedAt < ended.length && ended[this.#endedAt]!.endedAtMs <= untilMs) {
      const session = ended[this.#endedAt++]!;
      this.#sessions.delete(this.#sessionKey(session), session);
    }
    if (this.#endedAt < 1024 && this.#endedAt < ended.length) return;
    this.#ended = ended.slice(this.#endedAt);
    this.#endedAt = 0;
  }

  /** Sessions and copies whose end was not captured, or whose target does not finish, do not stay for ever. */
  #sweep(): void {
    const work = this.#work;
    this.#sweepAtMs = work.nowMs + SWEEP_EVERY_MS;
    this.#forgetEnded();
    this.#leases.sweep(work.nowMs);
    for (const copy of this.#leases.copies.values()) if (isLive(copy)) this.#sweepCopy(copy);
    for (const session of this.sessions())
      if (session.liveCopies === 0 && work.nowMs - session.lastSeenMs >= this.#idleMs(session)) this.#forgetSession(session);
  }

  #sweepCopy(copy: Copy): void {
    const { session } = copy;
    const { limits, nowMs } = this.#work;
    if (!copy.mapping.isRelayUp || copy.resendAtMs !== 0) return; // nobody can tell how far it is; or it is trying, and will give up by itself
    const quietMs = nowMs - Math.max(copy.progressAtMs, session.isOver ? session.lastSaidAtMs : session.lastSeenMs);
    const isFinished = copy.isFinAcked && session.isOver; // only the target's FIN is missing
    if (quietMs < (isFinished ? limits.answerTimeoutMs : this.#idleMs(session))) return;
    if (session.hasEarlyReset && !session.isReset) return endSession(this.#work, session, session.turn); // what it overtook never came, nor did the online server ever acknowledge it
    endWithReset(this.#work, copy, copy.isFinAcked ? deliveredEnding(copy) : this.#idleEnding(copy));
  }

  #idleEnding(copy: Copy): Ending {
    const ending = silentEnding(copy);
    return ending === 'timedOut' && wasDropped(this.#work, copy.session) ? 'captureDrop' : ending;
  }

  #idleMs(session: Session): number {
    const isDone = session.isOver || session.hasFin || session.hasEarlyReset || session.isOnlineFinSeen || !session.hasClientAck;
    return isDone ? this.#work.limits.idleDoneMs : this.#work.limits.idleOpenMs;
  }

  #sessionKey({ client, clientPort, server, serverPort }: Session): FlowKey {
    return this.#key.set(client, clientPort, server, serverPort);
  }

  #packetKey(ip: IpView, tcp: TcpView, sourceFirst: boolean): FlowKey {
    const { words } = this.#key;
    const a = sourceFirst ? 0 : 4;
    const b = 4 - a;
    words[a] = ip.source(0);
    words[a + 1] = ip.source(1);
    words[a + 2] = ip.source(2);
    words[a + 3] = ip.source(3);
    words[b] = ip.destination(0);
    words[b + 1] = ip.destination(1);
    words[b + 2] = ip.destination(2);
    words[b + 3] = ip.destination(3);
    words[8] = sourceFirst ? (tcp.sourcePort << 16) | tcp.destinationPort : (tcp.destinationPort << 16) | tcp.sourcePort;
    return this.#key;
  }
}
