// What a browser knows of the running system, and how each message of the console changes it. Pure.
import type { AgentEvent, AgentSample, AgentView, LiveSample, MappingStatus, MappingView, SessionRow, ToViewer } from '@parallax/protocol';
import { extendTrace, type Trace } from './trace-state.ts';

export const keptMs = 15 * 60_000;
const agentsKeptMs = 60_000;
const keptEvents = 200;

export type Connection =
  | { state: 'connecting' }
  | { state: 'live' }
  /** Since when there is no connection, and when the next attempt is made. Browser time. */
  | { state: 'lost'; sinceMs: number; retryAtMs: number };

export type LiveEvent = { agentId: string; event: AgentEvent };
export type SessionList = { mappingId: string; atMs: number; total: number; rows: SessionRow[] };

export type LiveState = {
  connection: Connection;
  /** Browser clock minus console clock. */
  clockOffsetMs: number;
  agents: ReadonlyMap<string, AgentView>;
  definitions: ReadonlyMap<string, MappingView>;
  statuses: ReadonlyMap<string, MappingStatus>;
  samples: ReadonlyMap<string, readonly LiveSample[]>;
  /** The last minute of each agent, by its id. */
  agentSamples: ReadonlyMap<string, readonly AgentSample[]>;
  sessions: SessionList | null;
  /** The session that is followed segment by segment. */
  trace: Trace | null;
  /** Since this page was opened, newest first. */
  events: readonly LiveEvent[];
};

export type Snapshot = Extract<ToViewer, { type: 'snapshot' }>;

const byId = <Item extends { id: string }>(items: readonly Item[]) => new Map(items.map((item) => [item.id, item]));

function withEntry<Value>(map: ReadonlyMap<string, Value>, key: string, value: Value | undefined): ReadonlyMap<string, Value> {
  const copy = new Map(map);
  if (value === undefined) copy.delete(key);
  else copy.set(key, value);
  return copy;
}

/** Both lists in the order of time, each second once; what is too old is left out. */
export function mergeSamples(known: readonly LiveSample[], more: readonly LiveSample[]): readonly LiveSample[] {
  const all = new Map([...known, ...more].map((sample) => [sample.atMs, sample]));
  const sorted = [...all.values()].sort((a, b) => a.atMs - b.atMs);
  const newestMs = sorted.at(-1)?.atMs ?? 0;
  return sorted.filter((sample) => sample.atMs >= newestMs - keptMs);
}

function addSample(known: readonly LiveSample[], sample: LiveSample): readonly LiveSample[] {
  const last = known.at(-1);
  if (last && last.atMs >= sample.atMs) return mergeSamples(known, [sample]);
  const isFull = known[0] !== undefined && known[0].atMs < sample.atMs - keptMs;
  return [...(isFull ? known.filter((one) => one.atMs >= sample.atMs - keptMs) : known), sample];
}

export function fromSnapshot(snapshot: Snapshot): LiveState {
  return {
    connection: { state: 'connecting' },
    clockOffsetMs: 0,
    agents: byId(snapshot.agents),
    definitions: byId(snapshot.definitions ?? []),
    statuses: byId(snapshot.mappings),
    samples: new Map(Object.entries(snapshot.samples)),
    agentSamples: new Map(Object.entries(snapshot.agentSamples ?? {})),
    sessions: null,
    trace: null,
    events: [],
  };
}

export function applyMessage(state: LiveState, message: ToViewer, nowMs: number): LiveState {
  switch (message.type) {
    case 'snapshot': {
      const samples = new Map<string, readonly LiveSample[]>();
      for (const [id, list] of Object.entries(message.samples)) samples.set(id, mergeSamples(state.samples.get(id) ?? [], list));
      return {
        ...fromSnapshot(message),
        connection: { state: 'live' },
        clockOffsetMs: nowMs - message.nowMs,
        samples,
        sessions: state.sessions,
        trace: state.trace,
        events: state.events,
      };
    }
    case 'agent':
      return { ...state, agents: withEntry(state.agents, message.agent.id, message.agent) };
    case 'agent-removed':
      return { ...state, agents: withEntry(state.agents, message.id, undefined), agentSamples: withEntry(state.agentSamples, message.id, undefined) };
    case 'mapping':
      return {
        ...state,
        statuses: withEntry(state.statuses, message.status.id, message.status),
        definitions: message.definition ? withEntry(state.definitions, message.definition.id, message.definition) : state.definitions,
      };
    case 'mapping-removed':
      return {
        ...state,
        statuses: withEntry(state.statuses, message.id, undefined),
        definitions: withEntry(state.definitions, message.id, undefined),
        samples: withEntry(state.samples, message.id, undefined),
      };
    case 'sample':
      return {
        ...state,
        samples: withEntry(state.samples, message.sample.mappingId, addSample(state.samples.get(message.sample.mappingId) ?? [], message.sample)),
      };
    case 'agent-sample': {
      const kept = (state.agentSamples.get(message.agentId) ?? []).filter(({ atMs }) => atMs > message.sample.atMs - agentsKeptMs);
      return { ...state, agentSamples: withEntry(state.agentSamples, message.agentId, [...kept, message.sample]) };
    }
    case 'sessions':
      return {
        ...state,
        sessions: { mappingId: message.mappingId, atMs: message.atMs, total: message.total, rows: message.rows },
        trace: state.trace === null ? null : extendTrace(state.trace, message.traces),
      };
    case 'beat':
      return state;
    case 'event':
      return { ...state, events: [{ agentId: message.agentId, event: message.event }, ...state.events].slice(0, keptEvents) };
  }
}
