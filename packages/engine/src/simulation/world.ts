// One run: clients, the online server, the engine with its tap and its relay, and the target, on one virtual clock.
import { type AddressWords, parseAddress } from '@parallax/wire';
import { Engine } from '../engine.ts';
import type { Mapping } from '../mapping.ts';
import { modelAdapter } from './adapter.ts';
import { Assistant } from './assistant.ts';
import { CopiesChecker } from './check-copies.ts';
import { checkedEffects } from './check-effects.ts';
import { Conversations, type SessionModel } from './conversations.ts';
import type { Copying } from './copying-plan.ts';
import { Endings } from './endings.ts';
import { Link } from './network.ts';
import type { Packet } from './packet.ts';
import { PacketView, STORE_AT } from './packet-view.ts';
import type { Peer, PeerEvents } from './peer.ts';
import { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import { isWithin, Schedule } from './schedule.ts';
import { ServerApp, type ServerBehaviour } from './server-app.ts';
import { ServerHost } from './server-host.ts';
import { ONLINE_CLOCK_US, Tap } from './tap.ts';
import { Trace } from './trace.ts';
import { Violation } from './violation.ts';

const TICK_US = 4000;
export const MAPPING = 'mapping';

export class World {
  readonly scenario: Scenario;
  readonly schedule = new Schedule();
  readonly random: Random;
  readonly trace: Trace;
  readonly engine: Engine;
  /** The packet that the engine looks at. */
  readonly seen: PacketView;
  /** The mapping that runs, or ran last. */
  mapping!: Mapping;
  #copying: Copying;
  readonly conversations: Conversations;
  readonly target: ServerHost;
  readonly online: ServerHost;
  readonly tap: Tap;
  readonly assistant: Assistant;
  readonly clientsToOnline: Link;
  readonly onlineToClients: Link;
  readonly copies: Link;
  readonly answers: Link;
  readonly endings = new Endings();
  /** Requests that had to reach the target although their session was in the middle, and did. */
  resumed = 0;
  #outgoing: Packet[] = [];
  #tickAtUs = 0;
  #isRestDue = false;
  /** When anything happened last. */
  #busyAtUs = 0;
  /** Sessions that were found parked, each as often as that was looked at. */
  parked = 0;
  /** Of all that was injected, and when: two runs that did the same have the same. */
  digest = 0;
  /** Called after every step of the engine. */
  check: (world: World) => void = () => {};

  constructor(scenario: Scenario, isVerbose = false) {
    const { schedule } = this;
    this.scenario = scenario;
    this.random = new Random(scenario.seed ^ 0x5eed);
    this.trace = new Trace(isVerbose);
    this.seen = new PacketView(scenario.storeBytes);
    const address = (v4: string, v6: string): AddressWords => parseAddress(scenario.isV6 ? v6 : v4)!;
    const onlineAddress = address('10.90.0.20', 'fd90::20');
    const targetAddress = address('10.90.1.21', 'fd91::21');
    this.conversations = new Conversations(this, [address('10.90.0.10', 'fd90::10'), address('10.90.0.11', 'fd90::11')], onlineAddress);
    const checker = new CopiesChecker(this, targetAddress);
    this.tap = new Tap(this);
    this.assistant = new Assistant(this);
    this.clientsToOnline = this.#link('client', scenario.clientLink, (packet) => {
      this.tap.capture(packet, false);
      this.online.receive(packet);
    });
    this.onlineToClients = this.#link('online', scenario.clientLink, (packet) => this.conversations.receive(packet));
    this.copies = this.#link('copy', scenario.targetLink, (packet) => {
      this.trace.add(schedule.nowUs, 'target gets', packet);
      this.target.receive(packet);
    });
    this.answers = this.#link('answer', scenario.answerLink, (packet) => this.assistant.receive(packet));
    const fromOnline = (packet: Packet) => {
      this.tap.capture(packet, true);
      this.onlineToClients.send(packet);
    };
    this.online = new ServerHost(
      { schedule, send: fromOnline },
      this.random,
      onlineAddress,
      80,
      () => scenario.online.options,
      () =>
        this.#serverEvents(
          scenario.online.behaviour,
          (peer) => this.conversations.onAccepted(peer),
          () => {},
          () => {
            throw new Violation('the online server took something that is no request');
          },
        ),
    );
    this.target = new ServerHost(
      { schedule, send: (packet) => this.answers.send(packet) },
      this.random,
      targetAddress,
      8080,
      () => scenario.target.options,
      () =>
        this.#serverEvents(
          scenario.target.behaviour,
          (peer) => checker.onAccepted(peer),
          (peer, from, bytes) => checker.onTaken(peer, from, bytes),
          () => this.#onNonsense(),
        ),
    );
    this.target.isListening = !scenario.faults.has('targetRefuses');
    this.engine = new Engine(
      {
        memory: this.seen.memory,
        storeAt: STORE_AT,
        storeBytes: scenario.storeBytes,
        limits: scenario.limits,
        seed: scenario.seed,
        nowMs: 0,
        timestampBaseMs: scenario.sessions[0]!.iss,
      },
      {
        ...checkedEffects(() => this.#isAskedAheadInMiddle),
        inject: (segment) => this.#onInject(checker.onInject(segment)),
        ask: () => this.assistant.ask(MAPPING),
      },
    );
    this.#copying = scenario.copying.first;
    if (scenario.startAtMs === 0) this.startMapping();
  }

  /** A client asked on before all was answered, in a session that was met in its middle: whether an answer is still owed cannot be seen. */
  get #isAskedAheadInMiddle(): boolean {
    for (const outline of this.engine.sessions()) {
      const session = this.engine.look(outline);
      if (session.isMet && this.conversations.modelOf(session).app.said.some(({ isClean }, index) => index > 0 && !isClean)) return true;
    }
    return false;
  }

  #onInject(packet: Packet): void {
    this.#outgoing.push(packet);
    for (const number of [
      packet.sourcePort,
      packet.seq,
      packet.ack,
      packet.flags,
      packet.window,
      packet.tsVal,
      packet.tsEcr,
      packet.payload.length,
      this.schedule.nowUs,
    ])
      this.digest = Math.imul(this.digest ^ number, 0x5bd1e995) ^ (this.digest >>> 15);
  }

  #link(label: string, options: Scenario['clientLink'], deliver: (packet: Packet) => void): Link {
    return new Link(this.schedule, this.random, options, deliver, (packet) => {
      this.trace.add(this.schedule.nowUs, `${label} lost`, packet);
      if (label === 'copy') this.endings.excuse(packet.sourcePort);
      else if (label === 'answer') this.endings.excuse(packet.destinationPort);
    });
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

  /** What the target's application gets that begins with no request; only a policy that cannot know may do so. */
  #onNonsense(): void {
    if (!this.mayGetPartsOfRequests) throw new Violation('the target got a part of a request');
  }
  get mayGetPartsOfRequests(): boolean {
    const { midStream } = this.scenario;
    return midStream === 'immediate' || (midStream === 'boundary' && this.conversations.all.some(({ app }) => app.hasInterruptedTurns));
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
    if (this.assistant.isRelayUp) this.engine.setRelayUp(MAPPING, true, this.schedule.nowMs);
  }

  removeMapping(): void {
    this.trace.add(this.schedule.nowUs, 'mapping is removed');
    this.engine.removeMapping(MAPPING, this.schedule.nowMs);
    this.leave();
    if (this.mapping.ledger.copies.inFlight !== 0) throw new Violation(`${this.mapping.ledger.copies.inFlight} copies of a removed mapping never ended`);
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
    this.assistant.isRelayUp = isUp;
  }

  /** The batch is over: what was decided goes out, time is wanted, all guarantees are looked at. */
  leave(): void {
    this.#leave(true);
  }

  #leave(isBusy: boolean): void {
    this.engine.endBatch();
    this.engine.stampSent(ONLINE_CLOCK_US + this.schedule.nowUs);
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    for (const packet of outgoing) {
      if (this.#areSendsFailing) this.#refuse(packet);
      else this.copies.send(packet);
    }
    this.check(this);
    this.#wantTick();
    if (!isBusy && outgoing.length === 0) return;
    this.#busyAtUs = this.schedule.nowUs;
    this.#wantRest();
  }

  get #areSendsFailing(): boolean {
    const { sendsFailMs } = this.scenario;
    return sendsFailMs !== null && isWithin(this.schedule.nowUs, sendsFailMs);
  }

  #refuse(packet: Packet): void {
    this.trace.add(this.schedule.nowUs, 'not sent', packet);
    this.endings.excuse(packet.sourcePort);
    this.seen.moveTo(packet);
    this.engine.onSendFailed(this.seen.ip, this.seen.tcp);
  }

  /** What the agent does once a second. */
  sample(): void {
    this.tap.tellLoss();
    this.tick();
  }

  /** A copy of the session is still on its way. */
  engineIsBusyWith(model: SessionModel): boolean {
    for (const copy of this.engine.copies()) {
      if (copy.ending === null && this.conversations.modelOf(copy.session) === model && this.schedule.nowMs - copy.progressAtMs < 30_000) return true;
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

  /** Something has happened: a while later the engine is called, on the same grid, and parks what is at rest since. */
  #wantRest(): void {
    if (this.#isRestDue) return;
    this.#isRestDue = true;
    const busyAtUs = this.#busyAtUs;
    this.schedule.at(Math.ceil((busyAtUs + this.scenario.restMs * 1000 + 1) / TICK_US) * TICK_US, () => {
      this.#isRestDue = false;
      this.engine.onTime(this.schedule.nowMs);
      this.#leave(false);
      this.parked += this.engine.sessionsParked;
      if (this.#busyAtUs !== busyAtUs) this.#wantRest();
    });
  }

  tick(): void {
    this.engine.onTime(this.schedule.nowMs);
    this.leave();
  }
}
