// The engine's doors: packets in, time in, mappings in; effects out through a port. No socket, no clock, no log.
import { ACK, type AddressWords, FIN, type IpView, RST, Segment, SYN, type TcpOptions, type TcpView } from '@parallax/wire';
import { findPort } from './allocator.ts';
import { Copy } from './copy/copy.ts';
import { emitAck } from './copy/emit.ts';
import { endWithReset, isLive } from './copy/end.ts';
import { sendSyn, sendWhatMay } from './copy/send.ts';
import { onTargetSegment } from './copy/target-step.ts';
import { onCopyTimer } from './copy/timer-step.ts';
import type { Effects } from './effects.ts';
import { FlowKey, FlowTable } from './flow-table.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { Mapping, type MappingConfig } from './mapping.ts';
import type { Memory } from './memory.ts';
import { Pieces } from './pieces.ts';
import { endCopies, onClientSegment } from './session/client-step.ts';
import { onOnlineSegment } from './session/online-step.ts';
import { Session } from './session/session.ts';
import { TimerWheel } from './timer-wheel.ts';
import type { Work } from './work.ts';

const IDLE_OPEN_MS = 2 * 3600_000;
const IDLE_DONE_MS = 60_000;
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

export class Engine {
  readonly #work: Work;
  readonly #sessions: FlowTable<Session>;
  readonly #copies: FlowTable<Copy>;
  readonly #key = new FlowKey();
  readonly #mappings = new Map<string, Mapping>();
  readonly #fire: (copy: Copy) => void;
  #nextSessionId = 1;
  #sweepAtMs: number;

  constructor(options: EngineOptions, out: Effects) {
    this.#sessions = new FlowTable(options.seed);
    this.#copies = new FlowTable(options.seed ^ 0x9e3779b9);
    const limits = { ...defaultLimits, ...options.limits };
    this.#work = {
      out,
      limits,
      pieces: new Pieces(options.memory, options.storeAt, options.storeBytes),
      wheel: new TimerWheel<Copy>(options.nowMs),
      segment: new Segment(),
      nowMs: Math.floor(options.nowMs),
      timestampBaseMs: options.timestampBaseMs,
      ackDue: [],
      stampDue: [],
      forgetCopy: (copy) => {
        this.#copies.delete(this.#copyKey(copy.mapping, copy.source, copy.sourcePort), copy);
      },
      forgetSession: (session) => this.#forgetSession(session),
    };
    this.#fire = (copy) => onCopyTimer(this.#work, copy);
    this.#sweepAtMs = this.#work.nowMs + SWEEP_EVERY_MS;
  }

  get mappings(): ReadonlyMap<string, Mapping> {
    return this.#mappings;
  }
  /** Copies that the target may still know, being reset ones included. */
  get copiesKnown(): number {
    return this.#copies.size;
  }
  get sessionsKnown(): number {
    return this.#sessions.size;
  }
  get storeUsedBytes(): number {
    return this.#work.pieces.store.usedBytes;
  }
  sessions(): IterableIterator<Session> {
    return this.#sessions.values();
  }

  /** Start copying for a mapping; of sessions that open from now on. Throws if its id is in use. */
  addMapping(config: MappingConfig): Mapping {
    if (this.#mappings.has(config.id)) throw new Error(`mapping "${config.id}" exists already`);
    const mapping = new Mapping(config);
    this.#mappings.set(config.id, mapping);
    return mapping;
  }

  /** Reset every copy of the mapping at its target and forget it. Late answers are still served until `copiesKnown` is 0. */
  removeMapping(id: string, nowMs: number): void {
    const mapping = this.#mappings.get(id);
    if (mapping === undefined) return;
    this.#work.nowMs = Math.floor(nowMs);
    mapping.isStopping = true;
    this.#mappings.delete(id);
    for (const copy of this.#copies.values()) if (copy.mapping === mapping) endWithReset(this.#work, copy, 'stopped');
    for (const session of this.#sessions.values()) {
      if (session.mappings.every((each) => each.isStopping)) this.#forgetSession(session);
    }
  }

  /** The mapping's assistant came or went. While it is away nothing new is sent; when it is back, what is unacknowledged goes again at once. */
  setRelayUp(id: string, isUp: boolean, nowMs: number): void {
    const mapping = this.#mappings.get(id);
    if (mapping === undefined || mapping.isRelayUp === isUp) return;
    this.#work.nowMs = Math.floor(nowMs);
    mapping.isRelayUp = isUp;
    if (!isUp) return;
    for (const copy of this.#copies.values()) {
      if (copy.mapping !== mapping || !isLive(copy)) continue;
      if (copy.state === 'opening') sendSyn(this.#work, copy);
      else {
        if (copy.resendAtMs !== 0) copy.resendAtMs = this.#work.nowMs + 1;
        sendWhatMay(this.#work, copy);
      }
    }
  }

  /** A captured packet from a client to the online server. `payloadBytes` of its payload were captured at `payloadAt`. */
  onClient(ip: IpView, tcp: TcpView, options: TcpOptions, payloadAt: number, payloadBytes: number, capturedAtUs: number, nowMs: number): void {
    const work = this.#work;
    work.nowMs = Math.floor(nowMs);
    const key = this.#packetKey(ip, tcp, true);
    const session = this.#sessions.get(key);
    const { flags } = tcp;
    if ((flags & (SYN | ACK | RST)) === SYN) {
      if (session !== undefined && session.clientIss === tcp.seq && !session.isSkipped) return; // the SYN again; copies retry by themselves
      if (session !== undefined) this.#replaceSession(session);
      this.#open(ip, tcp, options);
      return;
    }
    if (session === undefined) {
      if (payloadBytes > 0) this.#skip(ip, tcp);
      return;
    }
    if (session.isSkipped) {
      session.lastSeenMs = work.nowMs;
      if ((flags & (FIN | RST)) !== 0) this.#forgetSession(session);
      return;
    }
    for (const mapping of session.mappings) mapping.packetsCaptured++;
    onClientSegment(work, session, tcp, payloadAt, payloadBytes, capturedAtUs);
  }

  /** A captured header from the online server to a client. */
  onOnline(ip: IpView, tcp: TcpView, payloadBytes: number, capturedAtUs: number, nowMs: number): void {
    this.#work.nowMs = Math.floor(nowMs);
    const session = this.#sessions.get(this.#packetKey(ip, tcp, false));
    if (session === undefined) return;
    onOnlineSegment(this.#work, session, tcp, payloadBytes, capturedAtUs);
  }

  /** A header of a target's answer, as an assistant captured it. False if it belongs to no copy of this engine. */
  onAnswer(ip: IpView, tcp: TcpView, options: TcpOptions, payloadBytes: number, answeredAtUs: number, nowMs: number): boolean {
    this.#work.nowMs = Math.floor(nowMs);
    const copy = this.#copies.get(this.#packetKey(ip, tcp, false));
    if (copy === undefined) return false;
    copy.mapping.answers++;
    onTargetSegment(this.#work, copy, tcp, options, payloadBytes, answeredAtUs);
    return true;
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

  /** Everything injected so far left at this time, µs of a clock that never goes back. */
  stampSent(sentAtUs: number): void {
    const { stampDue } = this.#work;
    for (let index = 0; index < stampDue.length; index++) {
      const copy = stampDue[index]!;
      copy.sentAtUs = sentAtUs;
      copy.isAwaitingStamp = false;
    }
    stampDue.length = 0;
  }

  /** True while anything waits for time to pass: `onTime` must be called every few ms. */
  get hasTimers(): boolean {
    return this.#work.wheel.size > 0;
  }

  #open(ip: IpView, tcp: TcpView, options: TcpOptions): void {
    const work = this.#work;
    if (this.#sessions.size >= work.limits.sessions) return this.#countUncopied(ip, tcp, 'overLimit');
    const session = this.#newSession(ip, tcp, tcp.seq);
    if (session === null) return;
    session.mssBytes = options.mssBytes;
    session.hasWindowScale = options.windowScale >= 0;
    session.hasTimestamps = options.hasTimestamps;
    session.pieceBytes = this.#pieceBytes(session);
    for (const mapping of session.mappings) {
      mapping.sessionsOpened++;
      mapping.packetsCaptured++;
      for (let index = 0; index < mapping.config.multiplier; index++) this.#openCopy(session, mapping, index);
    }
  }

  #openCopy(session: Session, mapping: Mapping, index: number): void {
    mapping.ledger.asked++;
    const port = findPort(mapping, session.client, session.clientPort, index === 0, (address, candidate, byClientToo) =>
      this.#isPortTaken(session, mapping, address, candidate, byClientToo),
    );
    if (port === 0) {
      mapping.ledger.ended.noPortFree++;
      return;
    }
    const copy = new Copy(session, mapping, index, port, this.#work.limits.rtoInitialMs);
    session.copies.push(copy);
    session.liveCopies++;
    mapping.copiesOpen++;
    this.#copies.set(this.#copyKey(mapping, copy.source, port), copy);
    if (mapping.isRelayUp) sendSyn(this.#work, copy);
    else copy.held = 'no route to the assistant';
  }

  #isPortTaken(session: Session, mapping: Mapping, address: AddressWords, port: number, byClientToo: boolean): boolean {
    if (this.#copies.get(this.#copyKey(mapping, address, port)) !== undefined) return true;
    return byClientToo && this.#sessions.get(this.#key.set(address, port, session.server, session.serverPort)) !== undefined;
  }

  #newSession(ip: IpView, tcp: TcpView, iss: number): Session | null {
    const client: AddressWords = [ip.source(0), ip.source(1), ip.source(2), ip.source(3)];
    const server: AddressWords = [ip.destination(0), ip.destination(1), ip.destination(2), ip.destination(3)];
    const port = tcp.destinationPort;
    const mappings: Mapping[] = [];
    for (const mapping of this.#mappings.values()) if (mapping.listensOn(server, port)) mappings.push(mapping);
    if (mappings.length === 0) return null;
    const session = new Session(this.#nextSessionId++, client, tcp.sourcePort, server, port, iss, mappings, this.#work.nowMs);
    for (const mapping of mappings) mapping.sessionsOpen++;
    this.#sessions.set(this.#key.set(client, tcp.sourcePort, server, port), session);
    return session;
  }

  /** What the target took last is the best guess; then what the client offered; both without the bytes of the timestamps option. */
  #pieceBytes(session: Session): number {
    let pieceBytes = this.#work.limits.mtuBytes - (session.server[2] === 0xffff ? 40 : 60) - (session.hasTimestamps ? 12 : 0);
    for (const mapping of session.mappings) if (mapping.lastMssBytes > 0) pieceBytes = Math.min(pieceBytes, mapping.lastMssBytes);
    return Math.max(pieceBytes, 64);
  }

  /** A connection that was open before: known from now on, counted once, not copied. */
  #skip(ip: IpView, tcp: TcpView): void {
    if (this.#sessions.size >= this.#work.limits.sessions) return;
    const session = this.#newSession(ip, tcp, tcp.seq);
    if (session === null) return;
    session.isSkipped = true;
    for (const mapping of session.mappings) {
      mapping.ledger.asked += mapping.config.multiplier;
      mapping.ledger.ended.midStreamSkipped += mapping.config.multiplier;
    }
  }

  #countUncopied(ip: IpView, tcp: TcpView, ending: 'overLimit'): void {
    const server: AddressWords = [ip.destination(0), ip.destination(1), ip.destination(2), ip.destination(3)];
    for (const mapping of this.#mappings.values()) {
      if (!mapping.listensOn(server, tcp.destinationPort)) continue;
      mapping.ledger.asked += mapping.config.multiplier;
      mapping.ledger.ended[ending] += mapping.config.multiplier;
    }
  }

  /** The client opened a new connection from the same port: the old one is over, whatever was captured of it. */
  #replaceSession(session: Session): void {
    if (!session.isFinReached && !session.isReset) endCopies(this.#work, session, 'unfillableGap'); // otherwise they deliver the rest by themselves
    this.#forgetSession(session);
  }

  #forgetSession(session: Session): void {
    if (session.isEnded) return;
    session.isEnded = true;
    for (const mapping of session.mappings) mapping.sessionsOpen--;
    this.#sessions.delete(this.#key.set(session.client, session.clientPort, session.server, session.serverPort), session);
  }

  /** Sessions whose end was not captured do not stay for ever. */
  #sweep(): void {
    const { nowMs } = this.#work;
    this.#sweepAtMs = nowMs + SWEEP_EVERY_MS;
    for (const session of this.#sessions.values()) {
      const isDone = session.isSkipped || session.isFinReached || session.isReset;
      if (nowMs - session.lastSeenMs < (isDone ? IDLE_DONE_MS : IDLE_OPEN_MS)) continue;
      endCopies(this.#work, session, 'timedOut');
      this.#forgetSession(session);
    }
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

  #copyKey(mapping: Mapping, source: AddressWords, port: number): FlowKey {
    return this.#key.set(source, port, mapping.target, mapping.targetPort);
  }
}
