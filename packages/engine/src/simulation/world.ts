// One run: clients, the online server, the engine with its tap and its relay, and the target, on one virtual clock.
import { type AddressWords, IpView, isSameAddress, parseAddress, RST, type Segment, SYN, seqDiff, TcpOptions, TcpView, writeSegment } from '@parallax/wire';
import type { Copy } from '../copy/copy.ts';
import { Engine } from '../engine.ts';
import { AnswerReaders } from '../latency/answer-readers.ts';
import type { Mark } from '../latency/parsed.ts';
import type { Mapping } from '../mapping.ts';
import type { Session } from '../session/session.ts';
import { modelAdapter } from './adapter.ts';
import { checkSource } from './check-source.ts';
import { ClientApp } from './client-app.ts';
import type { Copying } from './copying-plan.ts';
import { Link } from './network.ts';
import { flowOf, type Packet, readPacket, writePacket } from './packet.ts';
import { Peer, type PeerEvents } from './peer.ts';
import { receive } from './peer-receive.ts';
import { emit, openActively } from './peer-send.ts';
import { Random } from './random.ts';
import type { Scenario, SessionPlan } from './scenario.ts';
import { Schedule } from './schedule.ts';
import { ServerApp, type ServerBehaviour } from './server-app.ts';
import { ServerHost } from './server-host.ts';
import { Trace } from './trace.ts';

const STORE_AT = 1 << 18;
const OUT_AT = 1 << 17;
const SCRATCH_AT = 3 << 16;
/** Capture clocks: the online host's and the assistant's differ and neither is the engine's. */
const ONLINE_CLOCK_US = 1_700_000_000_000_000;
const ASSISTANT_CLOCK_US = 1_700_000_123_456_789;
const TICK_US = 4000;
export const MAPPING = 'mapping';

/** A client's connection and what became of its copies. */
export interface SessionModel {
  plan: SessionPlan;
  client: Peer;
  app: ClientApp;
  online: Peer | null;
  openedAtMs: number;
  /** The target's ends of its copies, and at which byte of the client each begins. */
  targets: TargetEnd[];
}

export interface TargetEnd {
  peer: Peer;
  base: number;
}

/** A broken guarantee. */
export class Violation extends Error {}

type Captured = { packet: Packet; isOutgoing: boolean; capturedAtUs: number; isAfterLoss: boolean };

const isWithin = (nowUs: number, [fromMs, toMs]: readonly [number, number]): boolean => nowUs >= fromMs * 1000 && nowUs < toMs * 1000;

export class World {
  readonly scenario: Scenario;
  readonly schedule = new Schedule();
  readonly random: Random;
  readonly trace: Trace;
  readonly engine: Engine;
  /** The mapping that runs, or ran last. */
  mapping!: Mapping;
  #copying: Copying;
  readonly sessions: SessionModel[] = [];
  readonly target: ServerHost;
  readonly online: ServerHost;
  readonly clientsToOnline: Link;
  readonly onlineToClients: Link;
  readonly copies: Link;
  readonly answers: Link;
  isRelayUp = true;
  captureLost = 0;
  /** Requests that had to reach the target although their session was in the middle, and did. */
  resumed = 0;
  #isLossUntold = false;
  /** Answered exchanges by side. */
  readonly exchanges = { online: 0, target: 0 };
  pairs = 0;
  notUnderstood = 0;
  readonly #addresses: { clients: AddressWords[]; online: AddressWords; target: AddressWords };
  readonly #memory: { bytes: Uint8Array; view: DataView };
  readonly #ip: IpView;
  readonly #tcp: TcpView;
  readonly #options = new TcpOptions();
  readonly #captured: Captured[] = [];
  readonly #answered: { packet: Packet; atUs: number }[] = [];
  readonly #readers: AnswerReaders;
  readonly #marks: { packet: Packet; mark: Mark }[] = [];
  /** The answer that is being read. */
  #packet!: Packet;
  /** Client peers and copies' sessions by flow. */
  readonly #clients = new Map<string, SessionModel>();
  readonly #flows = new Map<string, SessionModel>();
  /** What each SYN to the target was for, and what came of it. */
  readonly #bySyn = new Map<string, SessionModel>();
  readonly #ends = new WeakMap<Peer, { model: SessionModel; base: number }>();
  readonly #models = new WeakMap<Session, SessionModel>();
  /** The copy that was opened last in each place. */
  readonly #places = new WeakMap<Session, Copy[]>();
  #isAsking = false;
  #outgoing: Packet[] = [];
  #tickAtUs = 0;
  /** Called after every step of the engine. */
  check: (world: World) => void = () => {};

  constructor(scenario: Scenario, isVerbose = false) {
    this.scenario = scenario;
    this.random = new Random(scenario.seed ^ 0x5eed);
    this.trace = new Trace(isVerbose);
    const bytes = new Uint8Array(STORE_AT + scenario.storeBytes);
    this.#memory = { bytes, view: new DataView(bytes.buffer) };
    this.#readers = new AnswerReaders(bytes, scenario.seed, (mark) => {
      if (this.isRelayUp) this.#marks.push({ packet: this.#packet, mark: { ...mark } });
    });
    this.#ip = new IpView(this.#memory.view);
    this.#tcp = new TcpView(this.#memory.view);
    const address = (v4: string, v6: string): AddressWords => parseAddress(scenario.isV6 ? v6 : v4)!;
    this.#addresses = {
      clients: [address('10.90.0.10', 'fd90::10'), address('10.90.0.11', 'fd90::11')],
      online: address('10.90.0.20', 'fd90::20'),
      target: address('10.90.1.21', 'fd91::21'),
    };
    const link = (label: string, options: Scenario['clientLink'], deliver: (packet: Packet) => void) =>
      new Link(this.schedule, this.random, options, deliver, (packet) => {
        this.trace.add(this.schedule.nowUs, `${label} lost`, packet);
        if (label === 'copy') this.#excuse(packet.sourcePort);
        else if (label === 'answer') this.#excuse(packet.destinationPort);
      });
    this.clientsToOnline = link('client', scenario.clientLink, (packet) => this.#atOnline(packet));
    this.onlineToClients = link('online', scenario.clientLink, (packet) => this.#atClient(packet));
    this.copies = link('copy', scenario.targetLink, (packet) => {
      this.trace.add(this.schedule.nowUs, 'target gets', packet);
      this.target.receive(packet);
    });
    this.answers = link('answer', scenario.answerLink, (packet) => this.#atRelay(packet));
    this.online = new ServerHost(
      { schedule: this.schedule, send: (packet) => this.#fromOnline(packet) },
      this.random,
      this.#addresses.online,
      80,
      () => scenario.online.options,
      () =>
        this.#serverEvents(
          scenario.online.behaviour,
          (peer) => this.#onlineOpened(peer),
          () => {},
          () => {
            throw new Violation('the online server took something that is no request');
          },
        ),
    );
    this.target = new ServerHost(
      { schedule: this.schedule, send: (packet) => this.answers.send(packet) },
      this.random,
      this.#addresses.target,
      8080,
      () => scenario.target.options,
      () =>
        this.#serverEvents(
          scenario.target.behaviour,
          (peer) => this.#targetOpened(peer),
          (peer, from, bytes) => this.#targetAccepted(peer, from, bytes),
          () => this.#onNonsense(),
        ),
    );
    this.target.isListening = !scenario.faults.has('targetRefuses');
    this.engine = new Engine(
      {
        memory: this.#memory,
        storeAt: STORE_AT,
        storeBytes: scenario.storeBytes,
        limits: scenario.limits,
        seed: scenario.seed,
        nowMs: 0,
        timestampBaseMs: scenario.sessions[0]!.iss,
      },
      {
        inject: (segment) => this.#inject(segment),
        ask: () => this.#ask(),
        answered: (_, side, kind, us) => {
          this.exchanges[side]++;
          this.#checkSpan(`an answer to ${kind} of the ${side} server`, us);
        },
        finished: (_, side, kind, us, isError) => {
          this.#checkSpan(`an answer to ${kind} of the ${side} server`, us);
          if ((kind === 'odd' || kind === 'even') && (kind === 'odd') !== isError)
            throw new Violation(`the ${side} server's answer to another request was taken for one to ${kind}`);
        },
        paired: (_, kind, onlineUs, targetUs) => {
          this.pairs++;
          this.#checkSpan(`a pair of ${kind}`, Math.min(onlineUs, targetUs));
        },
        held: (_, kind, us) => {
          if (!(us >= 0)) throw new Violation(`a request of ${kind} left ${us} µs before it was said`);
        },
        connected: (_, side, us) => {
          if (!(us >= 0)) throw new Violation(`a handshake with the ${side} server took ${us} µs`);
        },
        notUnderstood: () => {
          this.notUnderstood++;
        },
        refuse: (_, why) => {
          throw new Violation(`the mapping was refused for ${why}`);
        },
      },
    );
    this.#copying = scenario.copying.first;
    if (scenario.startAtMs === 0) this.startMapping();
  }

  startMapping(): void {
    const { isV6, pacing, midStream } = this.scenario;
    const target = { address: isV6 ? 'fd91::21' : '10.90.1.21', port: 8080 };
    this.trace.add(this.schedule.nowUs, 'mapping starts');
    const config = {
      id: MAPPING,
      listen: { address: null, port: 80 },
      target,
      pacing,
      midStream,
      adapter: this.scenario.hasAdapter ? modelAdapter : null,
      ...this.#copying,
    };
    this.mapping = this.engine.addMapping(config, this.schedule.nowMs);
    if (this.isRelayUp) this.engine.setRelayUp(MAPPING, true, this.schedule.nowMs);
  }

  removeMapping(): void {
    this.trace.add(this.schedule.nowUs, 'mapping is removed');
    this.engine.removeMapping(MAPPING, this.schedule.nowMs);
    this.leave();
    if (this.mapping.ledger.copies.inFlight !== 0) throw new Violation(`${this.mapping.ledger.copies.inFlight} copies of a removed mapping never ended`);
  }

  /** What the target's application gets that begins with no request; only a policy that cannot know may do so. */
  #onNonsense(): void {
    if (!this.mayGetPartsOfRequests) throw new Violation('the target got a part of a request');
  }
  get mayGetPartsOfRequests(): boolean {
    const { midStream } = this.scenario;
    return midStream === 'immediate' || (midStream === 'boundary' && this.sessions.some(({ app }) => app.hasInterruptedTurns));
  }

  // Clients and the online server.

  openSession(plan: SessionPlan, hasWaited = false): void {
    const { client, port } = plan;
    const ends = { address: this.#addresses.clients[client]!, port, remote: this.#addresses.online, remotePort: 80 };
    const flow = flowOf(ends.remote, 80, ends.address, port);
    const older = this.#clients.get(flow);
    if (older !== undefined) {
      const isOver = older.client.state === 'closed' || older.client.state === 'timeWait';
      // A port is not used again while packets of its last connection are still on the way.
      if (!isOver || !hasWaited) return this.schedule.after(50_000, () => this.openSession(plan, isOver));
    }
    const events: PeerEvents = {
      onOpen: () => model.app.onOpen(),
      onAccepted: () => {},
      onReadable: () => model.app.onReadable(),
      onClosed: () => {},
    };
    const peer = new Peer({ schedule: this.schedule, send: (packet) => this.#fromClient(model, packet) }, plan.options, events, ends, plan.iss);
    const model: SessionModel = {
      plan,
      client: peer,
      app: new ClientApp(peer, plan.turns, plan.end, plan.answerBytes, this.random),
      online: null,
      openedAtMs: this.schedule.nowMs,
      targets: [],
    };
    this.sessions.push(model);
    this.#clients.set(flow, model);
    openActively(peer);
  }

  #fromClient(model: SessionModel, packet: Packet): void {
    if (!model.app.isVanished) this.clientsToOnline.send(packet);
  }

  #atClient(packet: Packet): void {
    const model = this.#clients.get(flowOf(packet.source, packet.sourcePort, packet.destination, packet.destinationPort));
    if (model === undefined || model.app.isVanished) return;
    if (model.client.state !== 'closed') receive(model.client, packet);
    else if ((packet.flags & RST) === 0) emit(model.client, seqDiff(packet.ack, model.client.seqOf(0)), RST);
  }

  #atOnline(packet: Packet): void {
    this.#capture(packet, false);
    this.online.receive(packet);
  }

  #fromOnline(packet: Packet): void {
    this.#capture(packet, true);
    this.onlineToClients.send(packet);
  }

  #onlineOpened(peer: Peer): void {
    const model = this.#clients.get(flowOf(peer.address, peer.port, peer.remote, peer.remotePort));
    if (model !== undefined && model.plan.iss === peer.irs) model.online = peer;
  }

  #serverEvents(behaviour: ServerBehaviour, onOpen: (peer: Peer) => void, onAccepted: PeerEvents['onAccepted'], onNonsense: () => void): PeerEvents {
    let app: ServerApp | null = null;
    return {
      onOpen: (peer) => {
        onOpen(peer);
        app = new ServerApp(peer, behaviour, this.random, onNonsense);
      },
      onAccepted,
      onReadable: () => app?.onReadable(),
      onClosed: () => {
        if (app !== null) app.isDone = true;
      },
    };
  }

  // The target.

  #targetOpened(peer: Peer): void {
    const flow = flowOf(peer.remote, peer.remotePort, peer.address, peer.port);
    const model = this.#bySyn.get(`${flow} ${peer.irs}`);
    if (model === undefined) throw new Violation(`the target has a connection that no copy opened (isn ${peer.irs})`);
    const end = { peer, base: seqDiff((peer.irs + 1) | 0, model.client.seqOf(0)) };
    model.targets.push(end);
    this.#ends.set(peer, { model, base: end.base });
  }

  #targetAccepted(peer: Peer, from: number, bytes: Uint8Array): void {
    const { model, base } = this.#ends.get(peer)!;
    if (!model.client.sent.has(base + from, bytes))
      throw new Violation(`the target took ${bytes.length} bytes at ${base + from} that the client did not say there`);
  }

  // The engine: tap, relay, wire, time.

  #capture(packet: Packet, isOutgoing: boolean): void {
    if (this.random.chance(this.scenario.captureLossRatio)) {
      this.captureLost++;
      this.trace.add(this.schedule.nowUs, isOutgoing ? 'tap misses online' : 'tap misses client', packet);
      return;
    }
    if (this.scenario.dropsMs.some((span) => isWithin(this.schedule.nowUs, span))) {
      this.trace.add(this.schedule.nowUs, 'tap drops', packet);
      this.#isLossUntold = true;
      return;
    }
    this.#captured.push({ packet, isOutgoing, capturedAtUs: ONLINE_CLOCK_US + this.schedule.nowUs, isAfterLoss: this.#isLossUntold });
    this.#isLossUntold = false;
    if (this.#captured.length === 1) this.schedule.after(this.random.between(0, 200), () => this.#drainCaptured());
  }

  #checkSpan(what: string, us: number): void {
    if (us !== -1 && !(us >= 0)) throw new Violation(`${what} took ${us} µs`);
  }

  /** The assistant reads what the target answers, whether its relay is up or not. */
  #readAnswer(packet: Packet): void {
    const end = this.#point(packet);
    const { payloadAt } = this.#tcp;
    const atUs = ASSISTANT_CLOCK_US + this.schedule.nowUs;
    this.#readers.onAnswer(this.#ip, this.#tcp, payloadAt, end - payloadAt, packet.payload.length, modelAdapter, atUs, this.schedule.nowMs);
  }

  #atRelay(packet: Packet): void {
    if (this.scenario.hasAdapter) {
      this.#packet = packet;
      this.#readAnswer(packet);
    }
    if (!this.isRelayUp) {
      this.#excuse(packet.destinationPort);
      return this.trace.add(this.schedule.nowUs, 'relay down, lost', packet);
    }
    this.#answered.push({ packet, atUs: ASSISTANT_CLOCK_US + this.schedule.nowUs });
    if (this.#answered.length === 1) this.#fromAssistant(300, () => this.#drainAnswered());
  }

  /** The relay keeps the order: what was captured before the question reaches the assistant comes before the answer to it. */
  #ask(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const askedAtMs = this.schedule.nowMs;
    this.#fromAssistant(600, () => {
      this.#isAsking = false;
      if (!this.isRelayUp) return;
      this.#drainAnswered();
      this.engine.onHeardUpTo(MAPPING, askedAtMs);
    });
  }

  /** What the assistant tells arrives within so long, or when it goes on. */
  #fromAssistant(mostUs: number, run: () => void): void {
    const { assistantHeldUpMs } = this.scenario;
    const atUs = this.schedule.nowUs + this.random.between(0, mostUs);
    this.schedule.at(assistantHeldUpMs !== null && isWithin(atUs, assistantHeldUpMs) ? assistantHeldUpMs[1] * 1000 : atUs, run);
  }

  #drainCaptured(): void {
    for (const { packet, isOutgoing, capturedAtUs, isAfterLoss } of this.#captured) {
      if (isAfterLoss) this.engine.noteCaptureDrops(this.schedule.nowMs);
      this.trace.add(this.schedule.nowUs, isOutgoing ? 'tap: online' : 'tap: client', packet);
      const end = this.#point(packet);
      const { engine } = this;
      const { nowMs } = this.schedule;
      const payloadAt = this.#tcp.payloadAt;
      if (isOutgoing) engine.onOutgoing(this.#ip, this.#tcp, payloadAt, end - payloadAt, packet.payload.length, capturedAtUs, nowMs);
      else engine.onClient(this.#ip, this.#tcp, this.#options, this.#tcp.payloadAt, end - this.#tcp.payloadAt, capturedAtUs, nowMs);
    }
    this.#captured.length = 0;
    this.leave();
  }

  #drainAnswered(): void {
    for (const { packet, mark } of this.#marks)
      this.engine.onMark(packet.destination, packet.destinationPort, packet.source, packet.sourcePort, mark, this.schedule.nowMs);
    this.#marks.length = 0;
    for (const { packet, atUs } of this.#answered) {
      this.trace.add(this.schedule.nowUs, 'answer', packet);
      this.#point(packet);
      this.engine.onAnswer(this.#ip, this.#tcp, this.#options, packet.payload.length, atUs, this.schedule.nowMs);
    }
    this.#answered.length = 0;
    this.leave();
  }

  #point(packet: Packet): number {
    const { view, bytes } = this.#memory;
    const end = writePacket(view, bytes, 0, SCRATCH_AT, packet);
    this.#ip.moveTo(0, end, end);
    this.#tcp.moveTo(this.#ip.payloadAt, end);
    this.#options.read(view, this.#tcp.at + 20, this.#tcp.payloadAt);
    return end;
  }

  /** The batch is over: what was decided goes out, time is wanted, all guarantees are looked at. */
  leave(): void {
    this.engine.endBatch();
    this.engine.stampSent(ONLINE_CLOCK_US + this.schedule.nowUs);
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    for (const packet of outgoing) {
      if (this.areSendsFailing) this.#refuse(packet);
      else this.copies.send(packet);
    }
    this.check(this);
    this.#wantTick();
  }

  get areSendsFailing(): boolean {
    const { sendsFailMs } = this.scenario;
    return sendsFailMs !== null && isWithin(this.schedule.nowUs, sendsFailMs);
  }

  #refuse(packet: Packet): void {
    this.trace.add(this.schedule.nowUs, 'not sent', packet);
    this.#excuse(packet.sourcePort);
    this.#point(packet);
    this.engine.onSendFailed(this.#ip, this.#tcp);
  }

  /** The agent looks at the kernel's counter once a second. */
  sample(): void {
    if (this.#isLossUntold && this.#captured.length === 0) {
      this.#isLossUntold = false;
      this.engine.noteCaptureDrops(this.schedule.nowMs);
    }
    this.tick();
  }

  /** The operator changes the mapping. No copy may notice. */
  change(to: Copying): void {
    this.#copying = to;
    if (!this.engine.mappings.has(MAPPING)) return;
    this.trace.add(this.schedule.nowUs, 'changed');
    const living = () => [...this.engine.copies()].filter(({ ending }) => ending === null).length;
    const before = living();
    this.engine.changeMapping({ ...this.mapping.config, ...to }, this.schedule.nowMs);
    this.leave();
    if (living() !== before) throw new Violation(`of ${before} copies, ${living()} were left by a change that concerns none of them`);
  }

  setRelayUp(isUp: boolean): void {
    this.trace.add(this.schedule.nowUs, isUp ? 'relay up' : 'relay down');
    this.isRelayUp = isUp;
  }

  readonly #noted = new WeakSet<Copy>();
  readonly #endedPorts = new Set<number>();
  /** Ports of ended copies of which a packet was lost afterwards: their resets may all have been. */
  readonly excusedPorts = new Set<number>();

  #excuse(port: number): void {
    if (this.#endedPorts.has(port)) this.excusedPorts.add(port);
  }

  noteEnding(copy: Copy): void {
    if (this.#noted.has(copy)) return;
    this.#noted.add(copy);
    this.#endedPorts.add(copy.sourcePort);
    this.trace.add(this.schedule.nowUs, `port ${copy.sourcePort} ended as ${copy.ending}`);
  }

  /** A copy of the session is still on its way. */
  engineIsBusyWith(model: SessionModel): boolean {
    for (const copy of this.engine.copies()) {
      if (copy.ending === null && this.modelOf(copy.session) === model && this.schedule.nowMs - copy.progressAtMs < 30_000) return true;
    }
    return false;
  }

  /** When the engine must be called next; its wheel is called on a grid of 4 ms, as the agent does. */
  #wantTick(): void {
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const copy of this.engine.copies()) if (copy.deadlineMs !== 0) earliestMs = Math.min(earliestMs, copy.deadlineMs);
    if (earliestMs === Number.POSITIVE_INFINITY) return;
    const atUs = Math.max(Math.ceil((earliestMs * 1000) / TICK_US) * TICK_US, (Math.floor(this.schedule.nowUs / TICK_US) + 1) * TICK_US);
    if (this.#tickAtUs > this.schedule.nowUs && this.#tickAtUs <= atUs) return;
    this.#tickAtUs = atUs;
    this.schedule.at(atUs, () => {
      if (this.#tickAtUs === atUs) this.tick();
    });
  }

  tick(): void {
    this.engine.onTime(this.schedule.nowMs);
    this.leave();
  }

  #inject(segment: Segment): void {
    const { view, bytes } = this.#memory;
    const end = OUT_AT + writeSegment(view, bytes, OUT_AT, segment);
    if (end - OUT_AT > (this.scenario.limits.mtuBytes ?? 1500)) throw new Violation(`a packet of ${end - OUT_AT} bytes was injected`);
    const ip = new IpView(view);
    const tcp = new TcpView(view);
    const options = new TcpOptions();
    ip.moveTo(OUT_AT, end, end - OUT_AT);
    tcp.moveTo(ip.payloadAt, end);
    options.read(view, tcp.at + 20, tcp.payloadAt);
    const packet = readPacket(ip, tcp, options, end);
    this.trace.add(this.schedule.nowUs, 'inject', packet);
    this.#judge(packet);
    this.#outgoing.push(packet);
  }

  /** What leaves must be for the target, and must be what the client said at that number. */
  #judge(packet: Packet): void {
    const { target } = this.#addresses;
    if (packet.destinationPort !== 8080 || packet.destination.some((word, index) => word !== target[index]))
      throw new Violation('a packet left for a stranger');
    const flow = flowOf(packet.source, packet.sourcePort, packet.destination, packet.destinationPort);
    if ((packet.flags & SYN) !== 0) this.#judgeSyn(packet, flow);
    const model = this.#flows.get(flow);
    if (model === undefined) throw new Violation('a segment left on a flow that was never opened');
    if (packet.payload.length > 0 && !model.client.sent.has(seqDiff(packet.seq, model.client.seqOf(0)), packet.payload))
      throw new Violation(`a segment at ${packet.seq} carries what the client did not say there`);
    const peer = this.target.peers.get(flow);
    const known = peer === undefined ? undefined : this.#ends.get(peer);
    if (peer === undefined || packet.payload.length === 0 || known?.model !== model || seqDiff(packet.seq, peer.irs) <= 0) return;
    const end = seqDiff((packet.seq + packet.payload.length) | 0, (peer.irs + 1) | 0);
    if (end > peer.offeredEdge) throw new Violation(`a segment ends at ${end}, the target offered room up to ${peer.offeredEdge}`);
    if (packet.payload.length > peer.options.mssBytes)
      throw new Violation(`a segment of ${packet.payload.length} bytes, the target asked for ${peer.options.mssBytes}`);
  }

  /** A SYN opens a copy at the client's own number, or at a byte with which one may begin that was not said to the target yet. */
  #judgeSyn(packet: Packet, flow: string): void {
    const { midStream } = this.scenario;
    const isItsOwn = (each: Copy) => each.ending === null && each.sourcePort === packet.sourcePort && isSameAddress(each.source, packet.source);
    const copy = [...this.engine.copies()].find(isItsOwn);
    if (copy === undefined || copy.iss !== packet.seq) throw new Violation(`a SYN with a number that no copy has: ${packet.seq}`);
    const model = this.modelOf(copy.session);
    checkSource(this, packet, model.client);
    const base = seqDiff((copy.iss + 1) | 0, model.client.seqOf(0));
    if (!copy.isLate && base !== 0) throw new Violation(`a copy begins at byte ${base} of its client`);
    if (midStream === 'boundary' && base !== 0 && !model.app.starts.has(base)) throw new Violation(`a copy begins at byte ${base}, which begins no request`);
    if (midStream === 'skip' && copy.isLate) throw new Violation('a late copy against the policy');
    this.#flows.set(flow, model);
    this.#bySyn.set(`${flow} ${packet.seq}`, model);
    const places = this.#places.get(copy.session) ?? [];
    this.#places.set(copy.session, places);
    const before = places[copy.index];
    places[copy.index] = copy;
    if (before === undefined || before === copy || before.mapping !== copy.mapping) return;
    if (seqDiff((copy.iss + 1) | 0, before.sendMax) < 0) throw new Violation(`byte ${base} was said to the target before, from port ${before.sourcePort}`);
    if (!before.hasBeenAnswered && copy.beganAtMs - before.beganAtMs < 250) throw new Violation(`a copy after ${copy.beganAtMs - before.beganAtMs} ms again`);
  }

  /** The client's connection that the engine's session stands for. */
  modelOf(session: Session): SessionModel {
    const known = this.#models.get(session);
    if (known !== undefined) return known;
    const same = this.sessions.filter(({ client }) => client.port === session.clientPort && isSameAddress(client.address, session.client));
    const model = same.find(({ plan }) => plan.iss === session.clientIss) ?? same.findLast(({ openedAtMs }) => openedAtMs <= session.openedAtMs + 1);
    if (model === undefined) throw new Violation(`a session from port ${session.clientPort} that no client has`);
    this.#models.set(session, model);
    return model;
  }
}
