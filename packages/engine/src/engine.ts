// The engine's doors: packets in, time in, mappings in; effects out through a port. No socket, no clock, no log.
import { ACK, type AddressWords, type IpView, RST, Segment, SYN, seqDiff, type TcpOptions, type TcpView } from '@parallax/wire';
import { CopyPairs } from './allocator/copy-pairs.ts';
import { Leases } from './allocator/leases.ts';
import type { Copy } from './copy/copy.ts';
import { emitAck } from './copy/emit.ts';
import { endWithReset } from './copy/end.ts';
import { type Lingering, LingeringCopies } from './copy/lingering.ts';
import { resume } from './copy/resume.ts';
import { onTargetSegment } from './copy/target-step.ts';
import { onCopyTimer } from './copy/timer-step.ts';
import type { Effects } from './effects.ts';
import { FlowKey, FlowTable } from './flow-table.ts';
import { Followed, type Seen } from './follow/followed.ts';
import { Exchanges } from './latency/exchange.ts';
import { dropTalk, Listener, type Mark, onMark } from './latency/parsed.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { listOfObjects } from './lists.ts';
import { Mapping, type MappingConfig } from './mapping.ts';
import type { Memory } from './memory.ts';
import { type Outline, ParkedOutline } from './parking/outline.ts';
import { type Parked, Parking } from './parking/parking.ts';
import { Pieces } from './pieces.ts';
import { endCopies, onClientSegment } from './session/client-step.ts';
import { KeepingUp } from './session/keeping-up.ts';
import { onOnlineSegment } from './session/online-step.ts';
import type { Session } from './session/session.ts';
import { Sessions } from './session/sessions.ts';
import { sweepCopy } from './sweep.ts';
import { TimerWheel } from './timer-wheel.ts';
import { TokenBucket } from './token-bucket.ts';
import type { Work } from './work.ts';

const SWEEP_EVERY_MS = 10_000;
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

/** Do sessions come in and go out as before, in the same language? Then none of them is concerned. */
const isSameWay = (before: MappingConfig, now: MappingConfig): boolean =>
  before.adapter === now.adapter && JSON.stringify([before.listen, before.target]) === JSON.stringify([now.listen, now.target]);

export class Engine {
  readonly #work: Work;
  readonly #sessions: Sessions;
  readonly #leases: Leases;
  readonly #pairs: CopyPairs;
  readonly #lingering: LingeringCopies;
  readonly #parking: Parking;
  readonly #key = new FlowKey();
  readonly #mappings = new Map<string, Mapping>();
  readonly #fire: (copy: Copy) => void;
  #sweepAtMs: number;

  constructor(options: EngineOptions, out: Effects) {
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
      isShedding: false,
      keepingUp: new KeepingUp(),
      followed: new Followed(),
      resets: new TokenBucket(limits.resetsAtOnce, limits.resetsPerSecond, Math.floor(options.nowMs)),
      ackDue: listOfObjects(),
      stampDue: listOfObjects(),
      findPair: (session, mapping, isFirst) => this.#pairs.find(session, mapping, isFirst),
      knowCopy: (copy) => this.#leases.add(copy),
      forgetCopy: (copy) => this.#pairs.release(copy, copy),
      reduceCopy: (copy) => this.#lingering.reduce(copy),
      moveCopy: (copy) => this.#pairs.move(copy),
      forgetSession: (session) => this.#sessions.forget(session),
    };
    this.#pairs = new CopyPairs(this.#work, this.#leases);
    this.#lingering = new LingeringCopies(this.#work, this.#leases, this.#pairs);
    const table = new FlowTable<Session | Parked>(options.seed);
    this.#parking = new Parking(this.#work, table, this.#leases.copies);
    this.#sessions = new Sessions(this.#work, this.#pairs, this.#mappings, table, this.#parking);
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
    return this.#sessions.open;
  }
  get storeUsedBytes(): number {
    return this.#work.pieces.store.usedBytes;
  }
  /** Requests that wait for an answer of the online server or of a target, of sessions that go on. */
  get exchangesHeld(): number {
    return this.#work.exchanges.used;
  }
  /** Sessions left out, or cut short, while shedding; cumulative. */
  get sessionsShed(): number {
    return this.#sessions.shedCount;
  }
  /** Clients speak again before their copies may: the way to the target and back by the assistant takes longer than theirs. */
  get isBehind(): boolean {
    return this.#work.keepingUp.isBehind;
  }
  /** If the store is empty: how many of its bytes, from its beginning on, were in use since it was last. Their content is of no interest any more. */
  recycleStore(): number {
    const { store } = this.#work.pieces;
    const { touchedBytes } = store;
    return store.recycle() ? touchedBytes : 0;
  }
  /** Those of them that are parked. */
  get sessionsParked(): number {
    return this.#parking.size;
  }
  /** How often a session was parked; cumulative. */
  get parks(): number {
    return this.#parking.count;
  }
  /** Those that have not ended. */
  sessions(): IterableIterator<Outline> {
    return this.#sessions.outlines();
  }

  /** Those of them that are not parked: to walk over them costs less. */
  sessionsAwake(): IterableIterator<Session> {
    return this.#sessions.awake();
  }

  /** All about a session, to be looked at. */
  look(outline: Outline): Session {
    return outline instanceof ParkedOutline ? this.#parking.read(outline.record) : (outline as Session);
  }

  /** From now on see these sessions, by their ids, segment by segment, and no others. `nowUs` tells µs since 1970. */
  follow(ids: Iterable<number>, nowUs: () => number): void {
    this.#work.followed.follow(ids, nowUs);
  }

  /** What was seen of a session that is followed, since this was asked last; null if it is not. */
  takeSeen(id: number): Seen | null {
    return this.#work.followed.take(id);
  }

  /** Every copy that is known, finished ones that still answer late segments included, to be looked at. */
  *copies(): IterableIterator<Copy | Lingering> {
    yield* this.#lingering.values();
    const parked = new Set<Parked>();
    for (const copy of this.#leases.copies.values()) {
      if (typeof copy === 'object') yield copy;
      else if (copy >= 0 && !parked.has(copy)) {
        parked.add(copy);
        yield* this.#parking.read(copy).copies.filter(({ ending }) => ending === null);
      }
    }
  }

  /** Start copying for a mapping: sessions that open from now on, and those that are open as its policy for them says. Throws if its id is in use. */
  addMapping(config: MappingConfig, nowMs = this.#work.nowMs): Mapping {
    this.#work.nowMs = Math.floor(nowMs);
    if (this.#mappings.has(config.id)) throw new Error(`mapping "${config.id}" exists already`);
    const mapping = new Mapping(config, this.#work.nowMs);
    this.#mappings.set(config.id, mapping);
    for (const outline of this.sessions())
      if (mapping.listensOn(outline.server, outline.serverPort)) this.#sessions.join(this.#sessions.wake(outline), mapping);
    return mapping;
  }

  /** Reset every copy of the mapping at its target and forget it. Late answers are still served until `copiesKnown` is 0. */
  removeMapping(id: string, nowMs: number): void {
    const mapping = this.#mappings.get(id);
    if (mapping === undefined) return;
    this.#work.nowMs = Math.floor(nowMs);
    mapping.isStopping = true;
    this.#mappings.delete(id);
    this.#parking.wakeOf(mapping);
    for (const copy of this.#leases.awake()) if (copy.mapping === mapping) endWithReset(this.#work, copy, 'stopped');
    this.#sessions.dropUnwanted();
  }

  /**
   * Another configuration for a mapping that runs. What is still asked for goes on as it is; copies of ports no longer listened on, or that would now lead
   * elsewhere, are reset. Everything else holds for sessions that open from now on. Throws on an address that is none, and then changes nothing.
   */
  changeMapping(config: MappingConfig, nowMs: number): void {
    const mapping = this.#mappings.get(config.id);
    if (mapping === undefined) throw new Error(`there is no mapping "${config.id}" to change`);
    this.#work.nowMs = Math.floor(nowMs);
    new Mapping(config, nowMs); // what is wrong shows here
    if (isSameWay(mapping.config, config)) return mapping.configure(config, this.#work.nowMs);
    this.#parking.wakeOf(mapping);
    const sessions = [...this.#sessions.awake()].filter(({ mappings, leftOut }) => mappings.includes(mapping) || leftOut.includes(mapping));
    const { adapter } = mapping;
    for (const session of sessions) this.#pairs.reserve(session, [mapping], -1);
    mapping.configure(config, this.#work.nowMs);
    for (const session of sessions) this.#pairs.reserve(session, [mapping], 1);
    if (mapping.adapter !== adapter) for (const session of sessions) dropTalk(this.#work, session); // nobody may capture what it needs any more
    for (const copy of this.#leases.awake()) if (copy.mapping === mapping && !mapping.wants(copy)) endWithReset(this.#work, copy, 'stopped');
  }

  /** The mapping's assistant came or went. While it is away nothing new is sent; when it is back, what is unacknowledged goes again at once. */
  setRelayUp(id: string, isUp: boolean, nowMs: number): void {
    const mapping = this.#mappings.get(id);
    if (mapping === undefined || mapping.isRelayUp === isUp) return;
    this.#work.nowMs = Math.floor(nowMs);
    mapping.isRelayUp = isUp;
    if (!isUp) return;
    mapping.resumedAtMs = this.#work.nowMs;
    this.#parking.wakeAwaiting(mapping);
    for (const copy of this.#leases.awake()) if (copy.mapping === mapping) resume(this.#work, copy);
  }

  /** `Effects.ask` was answered: what the mapping's assistant captured before `atMs` has been told here. */
  onHeardUpTo(id: string, atMs: number): void {
    const mapping = this.#mappings.get(id);
    if (mapping !== undefined) mapping.heardUpToMs = Math.max(mapping.heardUpToMs, atMs);
  }

  /** A captured packet from a client to the online server. `payloadBytes` of its payload were captured at `payloadAt`. */
  onClient(ip: IpView, tcp: TcpView, options: TcpOptions, payloadAt: number, payloadBytes: number, capturedAtUs: number, nowMs: number): void {
    const work = this.#work;
    work.nowMs = Math.floor(nowMs);
    const key = this.#key.setPacket(ip, tcp, true);
    let session = this.#sessions.get(key);
    if (work.followed.count > 0 && session) work.followed.onCaptured('client', session, tcp, payloadBytes, capturedAtUs);
    const { flags } = tcp;
    if ((flags & (SYN | ACK | RST)) === SYN) {
      if (session === null && this.#sessions.isSynOfEnded(key, tcp.seq)) return;
      if (session && session.clientIss === tcp.seq && !session.isReset) return this.#sessions.onSynAgain(session, options);
      if (session) this.#sessions.replace(session);
      this.#sessions.begin(ip, tcp, options, payloadAt, payloadBytes, capturedAtUs);
      return;
    }
    if (session === null) return;
    if (session === undefined) {
      if (payloadBytes === 0) return;
      session = this.#sessions.meet(ip, tcp, options, payloadBytes);
      if (session === null) return;
    }
    if (session.isSkipped) return this.#sessions.onSkipped(session, tcp, payloadBytes);
    for (const mapping of session.mappings) mapping.packetsCaptured++;
    onClientSegment(work, session, tcp, payloadAt, payloadBytes, capturedAtUs);
  }

  /**
   * A captured packet that left this host: from the online server to a client, or a copy's own, whose time of leaving counts. Of its `payloadBytes`,
   * `capturedBytes` are at `payloadAt`; where no adapter reads them, none need be.
   */
  onOutgoing(ip: IpView, tcp: TcpView, payloadAt: number, capturedBytes: number, payloadBytes: number, capturedAtUs: number, nowMs: number): void {
    this.#work.nowMs = Math.floor(nowMs);
    const session = this.#sessions.get(this.#key.setPacket(ip, tcp, false));
    if (session === undefined) return this.#onCopyLeft(ip, tcp, payloadBytes, capturedAtUs);
    if (session === null) return;
    const { followed } = this.#work;
    if (followed.count > 0) followed.onCaptured('online', session, tcp, payloadBytes, capturedAtUs);
    onOnlineSegment(this.#work, session, tcp, payloadAt, capturedBytes, payloadBytes, capturedAtUs);
  }

  /** The kernel's own time for the last byte of a request, or for the SYN, replaces the time noted at the flush. */
  #onCopyLeft(ip: IpView, tcp: TcpView, payloadBytes: number, capturedAtUs: number): void {
    const copy = this.#copyOf(this.#key.setPacket(ip, tcp, true));
    if (copy === undefined) return;
    const isSyn = (tcp.flags & SYN) !== 0;
    if (seqDiff(copy.sendMax, tcp.seq) === (isSyn ? 1 : payloadBytes) && (isSyn || payloadBytes > 0)) copy.sentAtUs = capturedAtUs;
    if (this.#work.followed.count > 0) this.#work.followed.onLeft(copy, tcp.seq, payloadBytes, capturedAtUs);
    copy.talk?.onLeft(tcp.seq, (tcp.seq + payloadBytes) | 0, capturedAtUs);
  }

  /** A header of a target's answer as an assistant captured it, or of several that follow each other, the last at `lastAnsweredAtUs`. False if it belongs to no copy of this engine. */
  onAnswer(ip: IpView, tcp: TcpView, options: TcpOptions, payloadBytes: number, answeredAtUs: number, nowMs: number, lastAnsweredAtUs = answeredAtUs): boolean {
    this.#work.nowMs = Math.floor(nowMs);
    const key = this.#key.setPacket(ip, tcp, false);
    const copy = this.#copyOf(key);
    if (copy === undefined) return this.#lingering.onAnswer(key, tcp, payloadBytes);
    copy.mapping.answers++;
    if (this.#work.followed.count > 0) this.#work.followed.onAnswer(copy, tcp, payloadBytes, answeredAtUs);
    onTargetSegment(this.#work, copy, tcp, options, payloadBytes, answeredAtUs, lastAnsweredAtUs);
    return true;
  }

  /** An assistant read a response of a target to the copy at this address and port. False if it belongs to no copy of this engine. */
  onMark(source: AddressWords, sourcePort: number, target: AddressWords, targetPort: number, mark: Mark, nowMs: number): boolean {
    this.#work.nowMs = Math.floor(nowMs);
    const copy = this.#copyOf(this.#key.set(source, sourcePort, target, targetPort));
    if (copy === undefined) return false;
    onMark(this.#work, copy, mark);
    return true;
  }

  /** While true, sessions that begin are not copied (`overLimit`), nor are copies that ended replaced. */
  setShedding(isShedding: boolean, nowMs: number): void {
    this.#work.nowMs = Math.floor(nowMs);
    this.#work.isShedding = isShedding;
  }

  /** Reset all copies of that share of the sessions that have any, youngest first, for good. Returns how many sessions. */
  shed(share: number, nowMs: number): number {
    this.#work.nowMs = Math.floor(nowMs);
    return this.#sessions.shed(share);
  }

  /** The kernel lost packets of the capture since this was last said: what is found missing from now on was lost there. */
  noteCaptureDrops(nowMs: number): void {
    this.#work.captureDrops++;
    this.#work.dropAtMs = Math.floor(nowMs);
  }

  /** Sessions with copies whose client has not ended them, by what was captured, and of which nothing was captured since `sinceMs`. */
  unfinishedSince(sinceMs: number): Outline[] {
    return [...this.#sessions.outlines()].filter(
      ({ liveCopies, isFinReached, isReset, lastSeenMs }) => liveCopies > 0 && !isFinReached && !isReset && lastSeenMs <= sinceMs,
    );
  }

  /** The session is over, and the capture lost its end. */
  endUnseen({ id, client, clientPort, server, serverPort }: Outline, nowMs: number): void {
    this.#work.nowMs = Math.floor(nowMs);
    const session = this.#sessions.get(this.#key.set(client, clientPort, server, serverPort));
    if (!session || session.id !== id) return;
    endCopies(this.#work, session, 'captureDrop');
    this.#sessions.forget(session);
  }

  /** The kernel would not send a copy's packet. */
  onSendFailed(ip: IpView, tcp: TcpView): void {
    const copy = this.#copyOf(this.#key.setPacket(ip, tcp, true));
    if (copy !== undefined) copy.sendFailures++;
  }

  /** Undefined if it only lingers. */
  #copyOf(key: FlowKey): Copy | undefined {
    const copy = this.#leases.copies.get(key);
    if (typeof copy !== 'number') return copy;
    if (copy < 0) return undefined;
    this.#parking.wake(copy);
    return this.#leases.copies.get(key) as Copy;
  }

  /** Time has passed: fire what is due. */
  onTime(nowMs: number): void {
    const work = this.#work;
    work.nowMs = Math.floor(nowMs);
    work.wheel.advance(nowMs, this.#fire);
    this.#lingering.onTime();
    if (work.nowMs >= this.#sweepAtMs) this.#sweep();
    this.#parking.onTime();
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
    if (this.#work.followed.count > 0) this.#work.followed.onBatch();
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
    return this.#work.wheel.size > 0 || this.#lingering.size > 0 || this.#parking.isInRound;
  }

  #sweep(): void {
    const work = this.#work;
    this.#sweepAtMs = work.nowMs + SWEEP_EVERY_MS;
    this.#leases.sweep(work.nowMs);
    this.#parking.wakeIdle();
    for (const copy of this.#leases.awake()) sweepCopy(work, copy);
    this.#sessions.sweep();
  }
}
