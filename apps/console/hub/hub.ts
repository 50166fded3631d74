// The live half of the console: knows every agent and mapping, tells agents what to do, and viewers what happens.
import type { AgentView, FromAgent, Hello, LiveSample, MappingStatus, MappingView, ToViewer } from '@parallax/protocol';
import { Asking } from '../comparison/ask.ts';
import { Comparisons } from '../comparison/comparisons.ts';
import { defaultLevels, type Level } from '../comparison/levels.ts';
import { Reader } from '../comparison/reader.ts';
import type { Agent, Mapping, Store, StoredEvent } from '../store/store.ts';
import { AgentSamples } from './agent-samples.ts';
import { type Bus, LocalBus } from './bus.ts';
import { desiredOf } from './desired.ts';
import { EventLog } from './event-log.ts';
import { type AgentLink, LiveAgent } from './live-agent.ts';
import { LoadAsks } from './load-asks.ts';
import { SampleHistory } from './samples.ts';
import { SessionWatches } from './session-watches.ts';
import { deriveStatus } from './status.ts';

export type Log = { info(...args: unknown[]): void; warn(...args: unknown[]): void; error(...args: unknown[]): void };
export type HubOptions = { store: Store; leaseMs: number; log: Log; now?: () => number; levels?: readonly Level[] };

/** How much of the past a viewer gets at once; the rest is asked for by mapping. */
const snapshotMs = 2 * 60_000;

export const toMappingView = ({ relayIdentity: _, relayKey: __, ...view }: Mapping): MappingView => view;

export class Hub {
  readonly store: Store;
  readonly leaseMs: number;
  readonly bus: Bus<ToViewer>;
  readonly samples = new SampleHistory();
  readonly agentSamples = new AgentSamples();
  /** What is kept of both servers' latencies, and what may be asked about it. */
  readonly comparisons: Comparisons;
  readonly asking: Asking;
  readonly watches: SessionWatches;
  readonly loads = new LoadAsks();
  readonly agents = new Map<string, LiveAgent>();
  readonly mappings = new Map<string, Mapping>();
  readonly #events: EventLog;
  readonly #now: () => number;
  #statuses = new Map<string, MappingStatus>();
  #revision = 0;
  #tick: NodeJS.Timeout | undefined;

  private constructor(options: HubOptions) {
    this.store = options.store;
    this.leaseMs = options.leaseMs;
    this.#now = options.now ?? Date.now;
    this.bus = new LocalBus((error) => options.log.error(error, 'a listener to live messages failed'));
    this.#events = new EventLog(options.store, this.bus, options.log);
    const { store, log } = options;
    const levels = options.levels ?? defaultLevels();
    this.comparisons = new Comparisons({ store, levels, log, now: this.#now, mappingIds: () => this.mappings.keys() });
    this.asking = new Asking(new Reader(store, levels, this.comparisons.rollUp), levels, this.#now);
    this.watches = new SessionWatches((mappingId, watch) => {
      const mapping = this.mappings.get(mappingId);
      if (mapping) this.agents.get(mapping.onlineAgentId)?.link?.send({ type: 'watch-sessions', mappingId, ...watch });
    });
  }

  static async open(options: HubOptions): Promise<Hub> {
    const hub = new Hub(options);
    for (const agent of await options.store.listAgents()) hub.agents.set(agent.id, new LiveAgent(agent));
    for (const mapping of await options.store.listMappings()) hub.mappings.set(mapping.id, mapping);
    await hub.comparisons.open();
    hub.refreshStatuses();
    hub.#tick = setInterval(() => hub.refreshStatuses(), 1_000); // leases end by themselves
    return hub;
  }

  now(): number {
    return this.#now();
  }

  note(event: Omit<StoredEvent, 'atMs'>, atMs = this.#now()): void {
    this.#events.add({ ...event, atMs });
  }

  agentViews(): AgentView[] {
    return [...this.agents.values()].map((agent) => agent.view).sort((a, b) => a.name.localeCompare(b.name));
  }

  mappingViews(): MappingView[] {
    return [...this.mappings.values()].map(toMappingView).sort((a, b) => a.name.localeCompare(b.name));
  }

  statuses(): MappingStatus[] {
    return [...this.#statuses.values()];
  }

  status(mappingId: string): MappingStatus | undefined {
    return this.#statuses.get(mappingId);
  }

  snapshot(samplesOfLastMs = snapshotMs): Extract<ToViewer, { type: 'snapshot' }> {
    const samples: Record<string, LiveSample[]> = {};
    if (samplesOfLastMs > 0) for (const id of this.mappings.keys()) samples[id] = this.samples.of(id, this.#now() - samplesOfLastMs);
    const nowMs = this.#now();
    return {
      type: 'snapshot',
      nowMs,
      agents: this.agentViews(),
      mappings: this.statuses(),
      definitions: this.mappingViews(),
      samples,
      agentSamples: this.agentSamples.all(nowMs),
    };
  }

  /** What happened to a mapping and to its agents' connections, newest first. */
  async eventsOf(mappingId: string, limit: number): Promise<StoredEvent[]> {
    const mapping = this.mappings.get(mappingId);
    return mapping ? this.store.listEvents({ mappingId, agentIds: [mapping.onlineAgentId, mapping.assistantAgentId], limit }) : [];
  }

  // ── agents ────────────────────────────────────────────────────────────────

  /** A new agent may join, or what is stored of one has changed. */
  setAgent(record: Agent): void {
    const known = this.agents.get(record.id);
    if (known) known.record = record;
    else this.agents.set(record.id, new LiveAgent(record));
    this.#publishAgent(record.id);
  }

  removeAgent(id: string): void {
    this.agents.get(id)?.link?.close(4003, 'this agent was deleted in the console');
    this.agents.delete(id);
    this.agentSamples.forget(id);
    this.bus.publish({ type: 'agent-removed', id });
  }

  /** An agent said an acceptable hello. A connection it had before is closed. */
  agentConnected(record: Agent, hello: Hello, link: AgentLink): void {
    const nowMs = this.#now();
    const agent = this.agents.get(record.id) ?? new LiveAgent(record);
    this.agents.set(record.id, agent);
    agent.link?.close(4001, 'replaced: another connection uses the same token');
    agent.record = {
      ...record,
      lastSeenAtMs: nowMs,
      tokenExpiresAtMs: null,
      version: hello.agentVersion,
      facts: hello.facts,
      io: hello.io,
      relay: hello.relay ?? record.relay,
    };
    agent.link = link;
    agent.sinceMs = nowMs;
    agent.state = null;
    agent.told = 0;
    agent.toldWork = '';
    this.#events.keep(this.store.recordHello(record.id, hello, nowMs));
    link.send({ type: 'welcome', agentId: record.id, agentName: record.name, leaseMs: this.leaseMs });
    this.note({ level: 'info', agentId: record.id, mappingId: null, text: `${record.role} agent ${record.name} connected from ${hello.facts.hostname}` });
    this.converge(record.id);
    for (const mapping of this.mappings.values()) {
      const watch = this.watches.of(mapping.id);
      if (mapping.onlineAgentId === record.id && watch.on) link.send({ type: 'watch-sessions', mappingId: mapping.id, ...watch });
    }
    this.#publishAgent(record.id);
  }

  /** A connection ended. Nothing happens if another has replaced it. */
  agentDisconnected(id: string, link: AgentLink, why: string): void {
    const agent = this.agents.get(id);
    if (!agent || agent.link !== link) return;
    agent.link = null;
    agent.sinceMs = this.#now();
    this.#events.keep(this.store.recordSeen(id, agent.sinceMs));
    this.note({ level: 'warning', agentId: id, mappingId: null, text: `${agent.record.role} agent ${agent.record.name} disconnected: ${why}` });
    this.refreshStatuses();
    this.#publishAgent(id);
  }

  /** @throws on a message whose contents cannot be used. */
  agentSaid(id: string, message: FromAgent): void {
    const agent = this.agents.get(id);
    if (!agent) return;
    switch (message.type) {
      case 'state':
        agent.state = message;
        this.refreshStatuses();
        return this.#publishAgent(id);
      case 'sample': {
        if (!this.#isMappingOf(id, message.mappingId)) return;
        return this.bus.publish({ type: 'sample', sample: this.samples.add(message, this.#now()) });
      }
      case 'comparison':
        if (this.#isMappingOf(id, message.mappingId)) this.comparisons.add(message, (stored) => agent.link?.send(stored));
        return;
      case 'online-sample':
      case 'assistant-sample':
        return this.bus.publish({ type: 'agent-sample', agentId: id, sample: this.agentSamples.add(id, message, this.#now()) });
      case 'sessions':
        if (this.#isMappingOf(id, message.mappingId)) this.bus.publish(message);
        return;
      case 'load':
        return this.loads.answered(id, message);
      case 'event': {
        const mappingId = message.mappingId !== null && this.#isMappingOf(id, message.mappingId) ? message.mappingId : null;
        return this.note({ level: message.level, agentId: id, mappingId, text: message.text });
      }
    }
  }

  #isMappingOf(agentId: string, mappingId: string): boolean {
    return this.mappings.get(mappingId)?.onlineAgentId === agentId;
  }

  #publishAgent(id: string): void {
    const agent = this.agents.get(id);
    if (agent) this.bus.publish({ type: 'agent', agent: agent.view });
  }

  // ── mappings ──────────────────────────────────────────────────────────────

  setMapping(mapping: Mapping): void {
    this.mappings.set(mapping.id, mapping);
    this.converge();
    const status = this.#statuses.get(mapping.id);
    if (status) this.bus.publish({ type: 'mapping', status, definition: toMappingView(mapping) });
  }

  removeMapping(id: string): void {
    this.mappings.delete(id);
    this.#statuses.delete(id);
    this.samples.forget(id);
    this.comparisons.forget(id);
    this.converge();
    this.bus.publish({ type: 'mapping-removed', id });
  }

  /** Tells every connected agent what it should do now, unless it was told so before. Assistants first: they open the door. */
  converge(alwaysTell?: string): void {
    const mappings = [...this.mappings.values()];
    const records = new Map([...this.agents].map(([id, agent]) => [id, agent.record]));
    const connected = [...this.agents.values()].filter((agent) => agent.link !== null);
    for (const role of ['assistant', 'online'] as const) {
      for (const agent of connected.filter((one) => one.record.role === role)) {
        const work = desiredOf(agent.record, mappings, records);
        const text = JSON.stringify(work);
        if (text === agent.toldWork && agent.record.id !== alwaysTell) continue;
        // Grows across restarts of the console too, so that an agent never takes an old answer for a new one.
        this.#revision = Math.max(this.#revision + 1, this.#now());
        agent.toldWork = text;
        agent.told = this.#revision;
        agent.link?.send({ type: 'desired', revision: this.#revision, ...work });
      }
    }
    this.refreshStatuses();
  }

  /** Derives every status anew and tells of those that changed. */
  refreshStatuses(): void {
    const nowMs = this.#now();
    for (const mapping of this.mappings.values()) {
      const online = this.agents.get(mapping.onlineAgentId);
      const assistant = this.agents.get(mapping.assistantAgentId);
      if (!online || !assistant) continue;
      const { state, reason } = deriveStatus(mapping, online.condition, assistant.condition, this.leaseMs, nowMs);
      const before = this.#statuses.get(mapping.id);
      if (before && before.state === state && before.reason === reason && before.desired === mapping.desired) continue;
      const changed = before?.state !== state;
      const status: MappingStatus = { id: mapping.id, desired: mapping.desired, state, reason, sinceMs: changed ? nowMs : before.sinceMs };
      this.#statuses.set(mapping.id, status);
      this.bus.publish({ type: 'mapping', status });
      if (before && changed) {
        const level = state === 'failed' ? 'error' : state === 'degraded' ? 'warning' : 'info';
        this.note({ level, agentId: null, mappingId: mapping.id, text: `${state}: ${reason}` }, nowMs);
      }
    }
  }

  /** Stops listening to the clock and waits until what was noted is stored. */
  async close(): Promise<void> {
    clearInterval(this.#tick);
    await this.comparisons.close();
    await this.#events.settled();
  }
}
