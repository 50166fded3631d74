// The packet path of an online agent: ring, engine, injector and relays in one event loop.
import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { type ChildPort, clockSetText, collect, hostClock, RelayClient, servePacketPath, shiftForTests } from '@parallax/agent-kit/child';
import { type CaptureFilter, type Io, mirrorFilter, mirrorFilterOf, offloadsOf, openIo, shardFilter, trimMalloc } from '@parallax/device';
import { defaultLimits, Engine, type Limits, type Mapping, NOT_UNDERSTOOD, type Refusal, SteadyClock } from '@parallax/engine';
import {
  type Configure,
  type Endpoint,
  formatEndpoint,
  type Listen,
  lastPortOf,
  type OnlineMapping,
  type OpenOnline,
  type RelayCredential,
  type RunState,
  type Target,
  type WatchSessions,
} from '@parallax/protocol';
import { dealtTo } from '@parallax/wire';
import { adapterFor } from './adapter.ts';
import { EffectsPort } from './effects-port.ts';
import { Forecaster } from './forecaster.ts';
import { Leftovers } from './leftovers.ts';
import { LostEnds } from './lost-ends.ts';
import { configOf, endpointsOf, isSameService, isSameTarget, refusals, relayKeys } from './mapping-spec.ts';
import { OnlineSampler, type PathCounts } from './online-sampler.ts';
import { AnswerReader, Pipeline } from './pipeline.ts';
import { type DeviceCounts, Sampler } from './sampler.ts';
import { everySecond, Seconds } from './seconds.ts';
import { listSessions } from './session-rows.ts';
import { SessionTraces } from './session-traces.ts';
import { Shedding } from './shedding.ts';
import { warmUp } from './warm-up.ts';

/** One session may hold so much of the store: 1 / SESSION_SHARE. */
const SESSION_SHARE = 8;
/** 32 768 frames: 150 ms at 200 000 packets/s, which is as much as one packet path forwards. Packet paths share it, but none has too little for a stall. */
const RING_BYTES = 16 << 20;
const LEAST_RING_BYTES = 8 << 20;
const TICK_MS = 4;
/** A burst left the store empty but its pages in use: more than this are given back. */
const RECYCLE_BYTES = 16 << 20;
/** A stopped mapping's resets and the answers to them need its relay and its leave to send for so long. */
const RETIRE_MS = 2500; // the last of them goes out after 2000
/** On the way out, resets are said twice and challenge ACKs answered within this. */
const STOP_MS = 600;
/** Reasons why connections are not understood that are told, of all mappings. */
const MOST_TOLD = 1000;

type Running = { spec: OnlineMapping; mapping: Mapping; sampler: Sampler; forecaster: Forecaster; relays: Relay[] };
type Relay = { key: string; client: RelayClient; wasUp: boolean; reason: string };

const deviceCounts = ({ capture, inject }: PathCounts): DeviceCounts => ({ captureDropped: capture.dropped, sendFailed: inject.failed + inject.forbidden });

function addLosses(sum: PathCounts['relays'], { losses }: RelayClient): void {
  sum.dropped += losses.dropped;
  sum.captureDropped += losses.captureDropped;
}

const areUp = (relays: readonly Relay[]): boolean => relays.every(({ client }) => client.isUp);

/** Spans of the engine that were set. */
const spansOf = ({ spans }: OpenOnline): Partial<Limits> =>
  Object.fromEntries(Object.entries(spans).filter(([, spanMs]) => spanMs !== undefined)) as Partial<Limits>;

class OnlinePath {
  readonly #port: ChildPort;
  readonly #open: OpenOnline;
  readonly #io: Io;
  readonly #engine: Engine;
  readonly #pipeline: Pipeline;
  readonly #clock: SteadyClock;
  readonly #running = new Map<string, Running>();
  readonly #refused = new Map<string, string>();
  /** Mappings whose traffic cannot be copied, until they are stopped or lead elsewhere. */
  readonly #uncopyable = new Map<string, { spec: OnlineMapping; reason: string }>();
  readonly #relays = new Map<string, Relay>();
  readonly #effects: EffectsPort;
  /** What was told already of connections that are not understood. */
  readonly #told = new Set<string>();
  readonly #watched = new Set<string>();
  readonly #traces: SessionTraces;
  readonly #seconds = new Seconds();
  #retiring: OnlineMapping[] = [];
  #hasTick = false;
  readonly #onlineSampler: OnlineSampler;
  readonly #lossesOfClosed = { dropped: 0, captureDropped: 0 };
  readonly #lostEnds: LostEnds;
  readonly #shedding: Shedding;
  #shedsSinceMs: number | null = null;
  #used = { atMs: performance.now(), cpu: process.cpuUsage(), sent: 0 };
  /** Packets that the kernel had lost when last looked at. */
  #dropped = 0;
  /** Of the store, since pages were given back last. */
  #touchedBytes = 0;
  readonly #leftovers = new Leftovers();
  /** Of the rehearsal (warm-up.ts). */
  readonly specimens: readonly object[];

  constructor(open: OpenOnline, port: ChildPort) {
    this.#port = port;
    this.#open = open;
    this.#io = openIo({
      interfaceName: open.interfaceName,
      io: open.io,
      filter: this.#filterOf([], []),
      inject: true,
      tx: open.tx,
      rx: open.rx,
      storeBytes: open.storeBytes,
      ringBytes: Math.max(LEAST_RING_BYTES, RING_BYTES / open.shard.count),
    });
    const limits: Partial<Limits> = {
      mtuBytes: open.mtuBytes,
      sessionBytes: this.#io.storeBytes / SESSION_SHARE,
      resetsAtOnce: dealtTo(defaultLimits.resetsAtOnce, open.shard),
      resetsPerSecond: dealtTo(defaultLimits.resetsPerSecond, open.shard),
      ...(open.mssBytes === null ? {} : { mssBytes: open.mssBytes }),
      ...spansOf(open),
    };
    this.specimens = warmUp(this.#io, limits).specimens;
    const { memory, storeAt, storeBytes, capture, inject } = this.#io;
    this.#effects = new EffectsPort(inject!, {
      ask: (mapping) => this.#ask(mapping),
      refuse: (mapping, why) => void setImmediate(() => this.#refuse(mapping, why)),
      notUnderstood: (mapping, _, reason) => this.#onNotUnderstood(mapping, reason),
    });
    const seed = randomBytes(4).readInt32LE();
    this.#engine = new Engine(
      {
        memory,
        storeAt,
        storeBytes,
        limits,
        seed,
        nowMs: performance.now(),
        timestampBaseMs: Date.now() | 0,
      },
      this.#effects,
    );
    this.#traces = new SessionTraces(this.#engine);
    this.#clock = new SteadyClock(hostClock, (stepUs) => this.#tell('warning', clockSetText(stepUs)));
    this.#pipeline = new Pipeline(memory, capture, inject!, this.#engine, this.#clock);
    collect(); // what the rehearsal left, while there are others of its kind
    capture.onReadable(
      () => {
        this.#pipeline.drain();
        this.#wantTick();
      },
      () => !this.#engine.isBehind,
    );
    this.#lostEnds = new LostEnds(this.#engine, () => {
      this.#pipeline.leave();
      this.#wantTick();
    });
    this.#shedding = new Shedding(open.limits);
    this.#onlineSampler = new OnlineSampler(this.#pathCounts());
    everySecond(() => this.#sample());
    port.send({ type: 'opened', backend: this.#io.backend, why: this.#io.why, offloads: offloadsOf(open.interfaceName) });
    if (shiftForTests !== null) this.#tell('warning', shiftForTests);
  }

  /** Timers of the engine run only while there are any. */
  #wantTick(): void {
    if (this.#hasTick || !this.#engine.hasTimers) return;
    this.#hasTick = true;
    setTimeout(() => setImmediate(() => this.#onTick()), TICK_MS); // after a stall, answers that wait are heard before their absence is judged
  }

  #onTick(): void {
    this.#hasTick = false;
    this.#pipeline.tick();
    this.#wantTick();
  }

  configure({ mappings }: Configure): void {
    const wanted = new Map(mappings.map((each) => [each.id, each]));
    this.#refused.clear();
    for (const [id, running] of this.#running) {
      const spec = wanted.get(id);
      if (spec === undefined || !isSameTarget(spec, running.spec)) this.#stopMapping(running);
      else this.#changeMapping(running, spec);
    }
    for (const [id, { spec }] of this.#uncopyable) {
      const next = wanted.get(id);
      if (next === undefined || !isSameService(next, spec)) this.#uncopyable.delete(id);
    }
    for (const spec of wanted.values()) {
      if (this.#running.has(spec.id)) continue;
      const refusal = this.#uncopyable.get(spec.id)?.reason ?? this.#refusalOf(spec);
      if (refusal === null) this.#startMapping(spec);
      else this.#refused.set(spec.id, refusal);
    }
    this.#applyRoutes();
    this.#report();
  }

  #filterOf(listens: readonly (Listen & { isRead: boolean })[], targets: readonly Target[]): CaptureFilter {
    const { clientFilter, shard } = this.#open;
    return shardFilter(clientFilter === null ? mirrorFilter(listens, targets) : mirrorFilterOf(listens, targets, clientFilter), listens, shard);
  }

  /** Mirroring a port of this host to itself would copy the copies. */
  #refusalOf({ listen, target }: OnlineMapping): string | null {
    if (lastPortOf(target) < listen.port || target.port > lastPortOf(listen)) return null;
    const own = Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []);
    return own.includes(target.address) ? `the target ${formatEndpoint(target)} is the mirrored port of this host itself; choose another target` : null;
  }

  /** The engine found out that what clients say cannot be copied. */
  #refuse(mapping: Mapping, why: Refusal): void {
    const running = this.#running.get(mapping.id);
    if (running?.mapping !== mapping) return;
    this.#stopMapping(running);
    this.#uncopyable.set(mapping.id, { spec: running.spec, reason: refusals[why] });
    this.#refused.set(mapping.id, refusals[why]);
    this.#applyRoutes();
    this.#report();
  }

  #startMapping(spec: OnlineMapping): void {
    const mapping = this.#engine.addMapping(configOf(spec, this.#open.shard), performance.now());
    const sampler = new Sampler(mapping, deviceCounts(this.#pathCounts()));
    this.#effects.sampleTo(mapping, sampler);
    const relays = this.#relaysFor(spec);
    this.#running.set(spec.id, { spec, mapping, sampler, forecaster: new Forecaster(mapping, this.#open.shard, performance.now()), relays });
    this.#engine.setRelayUp(spec.id, areUp(relays), performance.now());
  }

  /** Copies that are still asked for go on; what the others need to be taken down stays for a moment. */
  #changeMapping(running: Running, spec: OnlineMapping): void {
    if (JSON.stringify(spec) === JSON.stringify(running.spec)) return;
    this.#retire(running.spec);
    running.spec = spec;
    running.relays = this.#relaysFor(spec);
    this.#engine.changeMapping(configOf(spec, this.#open.shard), performance.now());
    this.#engine.setRelayUp(spec.id, areUp(running.relays), performance.now());
    this.#pipeline.leave();
    this.#wantTick();
  }

  #stopMapping({ spec, mapping, sampler }: Running): void {
    this.#running.delete(spec.id);
    this.#engine.removeMapping(spec.id, performance.now());
    this.#pipeline.leave();
    this.#port.send(sampler.take(deviceCounts(this.#pathCounts()), performance.now(), undefined)); // the account is closed: nothing is in flight any more
    this.#wantTick();
    this.#retire(spec);
    setTimeout(() => this.#effects.sampleTo(mapping, null), RETIRE_MS);
  }

  #retire(spec: OnlineMapping): void {
    this.#retiring.push(spec);
    setTimeout(() => {
      this.#retiring = this.#retiring.filter((each) => each !== spec);
      this.#applyRoutes();
    }, RETIRE_MS);
  }

  #relaysFor(spec: OnlineMapping): Relay[] {
    const endpoints = [spec.relay, ...spec.moreRelays];
    return relayKeys(spec).map((key, index) => this.#relays.get(key) ?? this.#openRelay(key, endpoints[index]!, spec.relay.credential));
  }

  #openRelay(key: string, { address, port }: Endpoint, credential: RelayCredential | null): Relay {
    let reader: AnswerReader | null = null;
    const relay: Relay = { key, wasUp: false, reason: 'connecting', client: undefined as never };
    relay.client = new RelayClient({
      address,
      port,
      credential: credential === null ? null : { identity: credential.identity, key: Buffer.from(credential.key, 'base64') },
      agent: this.#open.agent,
      shard: this.#open.shard,
      onAnswers: (view, at, end) => {
        if (reader?.view !== view) reader = new AnswerReader(view);
        this.#pipeline.onAnswers(reader, at, end);
        this.#wantTick();
      },
      onMarks: (view, at, end) => {
        if (reader?.view !== view) reader = new AnswerReader(view);
        this.#pipeline.onMarks(reader, at, end);
      },
      onHeard: () => this.#onHeard(relay),
      onState: (isUp, reason) => this.#onRelayState(relay, isUp, reason),
    });
    this.#relays.set(key, relay);
    return relay;
  }

  #ask(mapping: Mapping): void {
    const running = this.#running.get(mapping.id);
    if (running?.mapping === mapping) for (const { client } of running.relays) client.ask();
  }

  #onHeard(relay: Relay): void {
    for (const [id, { relays }] of this.#running)
      if (relays.includes(relay)) this.#engine.onHeardUpTo(id, Math.min(...relays.map(({ client }) => client.heardUpToMs)));
  }

  #onRelayState(relay: Relay, isUp: boolean, reason: string): void {
    relay.reason = reason;
    relay.wasUp ||= isUp;
    for (const { spec, relays } of this.#running.values()) if (relays.includes(relay)) this.#engine.setRelayUp(spec.id, areUp(relays), performance.now());
    this.#pipeline.leave();
    this.#wantTick();
    this.#report();
  }

  /** Filter, permitted destinations and announced targets follow from what runs and what is still being taken down. */
  #applyRoutes(): void {
    const running = [...this.#running.values()].map(({ spec }) => spec);
    const all = [...running, ...this.#retiring];
    this.#io.inject!.allow(all.flatMap(endpointsOf));
    this.#io.capture.setFilter(
      this.#filterOf(
        running.map((spec) => ({ ...spec.listen, isRead: adapterFor(spec) !== null })),
        all.map(({ target }) => target),
      ),
    );
    for (const [key, relay] of this.#relays) {
      const targets = all
        .filter((spec) => relayKeys(spec).includes(key))
        .flatMap((spec) => endpointsOf(spec).map((endpoint) => ({ ...endpoint, adapter: adapterFor(spec)?.id ?? null })));
      if (targets.length > 0) relay.client.setTargets(targets);
      else {
        addLosses(this.#lossesOfClosed, relay.client);
        relay.client.close();
        this.#relays.delete(key);
      }
    }
  }

  #report(): void {
    const state = ({ client, wasUp }: Relay): RunState => (client.isUp ? 'running' : wasUp ? 'degraded' : 'starting');
    this.#port.send({
      type: 'path-state',
      mappings: [
        ...[...this.#running.values()].map(({ spec, relays }) => {
          const away = relays.find(({ client }) => !client.isUp);
          if (away !== undefined) return { id: spec.id, state: state(away), reason: away.reason };
          const { reason } = this.#shedding;
          return { id: spec.id, state: reason === null ? ('running' as const) : ('degraded' as const), reason: reason ?? 'copying' };
        }),
        ...[...this.#refused].map(([id, reason]) => ({ id, state: 'failed' as const, reason })),
      ],
      relays: [...this.#relays.values()].map(({ key, client, reason }) => ({ peer: key.split('|')[0]!, connected: client.isUp, reason })),
      shedding: this.#shedding.reason,
    });
  }

  /** Said once for each reason. */
  #onNotUnderstood({ id, adapter }: Mapping, reason: string): void {
    const key = `${id} ${reason}`;
    if (this.#told.has(key) || this.#told.size >= MOST_TOLD) return;
    this.#told.add(key);
    const text = `connections that adapter ${adapter?.id ?? 'none'} does not understand (${reason}) are measured by turns, as "${NOT_UNDERSTOOD}"; this is said once`;
    this.#port.send({ type: 'event', atMs: Date.now(), level: 'warning', mappingId: id, text });
  }

  #pathCounts(): PathCounts {
    const capture = this.#io.capture.counters();
    if (capture.dropped > this.#dropped) {
      this.#engine.noteCaptureDrops(performance.now()); // perhaps nothing was captured behind it that could tell
      this.#lostEnds.notice(performance.now());
    }
    this.#dropped = capture.dropped;
    const relays = { ...this.#lossesOfClosed };
    for (const { client } of this.#relays.values()) addLosses(relays, client);
    const { sessionsShed } = this.#engine;
    return { capture, inject: this.#io.inject!.counters(), drops: { ...this.#pipeline.drops }, answers: this.#pipeline.answers, sessionsShed, relays };
  }

  #sample(): void {
    this.#clock.look();
    this.#pipeline.drain(); // what was captured in this second belongs to it
    const counts = this.#pathCounts();
    const device = deviceCounts(counts);
    this.#pipeline.tick(); // silent sessions are swept, and parked, even while no copy has a timer
    this.#wantTick();
    this.#recycle();
    this.#collect(counts.capture.captured);
    this.#shed(counts.inject.sent);
    const { reason } = this.#shedding;
    const forMs = this.#shedsSinceMs === null ? null : Math.round(performance.now() - this.#shedsSinceMs);
    this.#port.send(this.#onlineSampler.take(counts, { reason, forMs }));
    this.#lostEnds.onSecond(performance.now()).catch((error: Error) => this.#tell('warning', `this host's connections cannot be listed: ${error.message}`));
    const secondMs = this.#seconds.ended(Date.now());
    const nowMs = performance.now();
    for (const { sampler, forecaster, spec } of this.#running.values()) {
      this.#port.send(
        sampler.take(
          device,
          nowMs,
          forecaster.take(spec, () => this.#engine.sessions(), nowMs),
        ),
      );
      if (secondMs !== null) this.#port.send(sampler.takeSecond(secondMs));
    }
    for (const id of this.#watched) {
      const running = this.#running.get(id);
      if (running !== undefined)
        this.#port.send({ ...listSessions(this.#engine, running.mapping, performance.timeOrigin), traces: this.#traces.take(running.mapping) });
    }
  }

  /** Whole sessions are left out before the host is hurt (shedding.ts). */
  #shed(sent: number): void {
    const nowMs = performance.now();
    const before = this.#used;
    this.#used = { atMs: nowMs, cpu: process.cpuUsage(), sent };
    const { user, system } = process.cpuUsage(before.cpu);
    const spanMs = nowMs - before.atMs;
    const { reason } = this.#shedding;
    const share = this.#shedding.onSecond({
      cpuPercent: (user + system) / spanMs / 10,
      memoryMiB: process.memoryUsage.rss() / 2 ** 20,
      packetsPerSecond: ((sent - before.sent) * 1000) / spanMs,
    });
    const isShedding = this.#shedding.reason !== null;
    this.#engine.setShedding(isShedding, nowMs);
    this.#shedsSinceMs = isShedding ? (this.#shedsSinceMs ?? nowMs) : null;
    if (isShedding !== (reason !== null))
      this.#tell(isShedding ? 'warning' : 'info', this.#shedding.reason ?? 'shedding has ended: new sessions are copied again');
    if (share > 0) {
      const ended = this.#engine.shed(share, nowMs);
      this.#pipeline.leave();
      this.#wantTick();
      if (ended > 0) this.#tell('warning', `${this.#shedding.reason}; that was not enough: the copies of the ${ended} youngest sessions are ended`);
    }
    if (reason !== this.#shedding.reason) this.#report();
  }

  #tell(level: 'info' | 'warning', text: string): void {
    this.#port.send({ type: 'event', atMs: Date.now(), level, mappingId: null, text });
  }

  /** After a burst, its memory goes back to the system. */
  #recycle(): void {
    const touchedBytes = this.#engine.recycleStore();
    this.#touchedBytes = Math.max(this.#touchedBytes, touchedBytes);
    if (touchedBytes === 0 || this.#touchedBytes < RECYCLE_BYTES) return;
    this.#io.discard(this.#io.storeAt, this.#touchedBytes);
    this.#touchedBytes = 0;
  }

  /** What parked sessions left behind goes back too. */
  #collect(packets: number): void {
    const { parks, sessionsKnown, sessionsParked } = this.#engine;
    if (this.#leftovers.onSecond({ parks, awake: sessionsKnown - sessionsParked, packets })) {
      collect();
      trimMalloc();
    }
  }

  watch({ mappingId, on, followed }: WatchSessions): void {
    if (on) this.#watched.add(mappingId);
    else this.#watched.delete(mappingId);
    this.#traces.follow(mappingId, on ? (followed ?? []) : []);
  }

  async stop(): Promise<void> {
    for (const running of [...this.#running.values()]) this.#stopMapping(running);
    const untilMs = performance.now() + STOP_MS;
    while (this.#engine.copiesKnown > 0 && performance.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    for (const relay of this.#relays.values()) relay.client.close();
    this.#io.close();
  }
}

let path: OnlinePath | null = null;
servePacketPath(
  (message, port) => {
    if (message.type === 'open-online') path = new OnlinePath(message, port);
    else if (message.type === 'configure') path?.configure(message);
    else if (message.type === 'watch-sessions') path?.watch(message);
  },
  async () => path?.stop(),
);
