// What crosses the WebSocket between an agent and the console. One union per direction; `type` discriminates.
import { z } from 'zod';
import { Endpoint, IpAddress } from './address.ts';
import { AssistantSample, OnlineSample } from './agent-sample.ts';
import { ComparisonSecond, ComparisonStored } from './comparison.ts';
import { Forecast } from './forecast.ts';
import { Ledger } from './ledger.ts';
import { Load, LoadQuery } from './load.ts';
import { OnlineMapping, RelayCredential } from './mapping.ts';
import { MOST_FOLLOWED, SessionId, SessionTrace } from './session-trace.ts';

/** Bumped by any change that is not a new `type` or a new optional field. */
export const PROTOCOL_VERSION = 2;

export const AgentRole = z.enum(['online', 'assistant']);
export type AgentRole = z.infer<typeof AgentRole>;

const count = z.int().min(0);

/** One network interface of an agent's host. */
export const HostInterface = z.object({
  name: z.string(),
  up: z.boolean(),
  mtuBytes: z.int().nullable(),
  mac: z.string().nullable(),
  addresses: z.array(z.object({ address: IpAddress, prefixBits: z.int() })),
});
export type HostInterface = z.infer<typeof HostInterface>;

/** What an agent knows of its host when it connects. `sysctls` maps a dotted key to its value as text. */
export const HostFacts = z.object({
  hostname: z.string(),
  os: z.string(),
  kernel: z.string(),
  architecture: z.string(),
  nodeVersion: z.string(),
  cpus: z.int(),
  memoryBytes: count,
  interfaces: z.array(HostInterface),
  capabilities: z.array(z.string()),
  sysctls: z.record(z.string(), z.string()),
});
export type HostFacts = z.infer<typeof HostFacts>;

/** The packet backend of an agent, why it is that one, and which offloads are on where it captures; null where that cannot be told. */
export const PacketIo = z.object({ backend: z.string(), why: z.string(), offloads: z.array(z.string()).nullable().optional() });
export type PacketIo = z.infer<typeof PacketIo>;

/** First words of an agent. `relay` is where an assistant listens for online agents. */
export const Hello = z.object({
  type: z.literal('hello'),
  protocol: z.int(),
  agentVersion: z.string(),
  role: AgentRole,
  facts: HostFacts,
  io: PacketIo,
  relay: Endpoint.nullable(),
});
export type Hello = z.infer<typeof Hello>;

export const RunState = z.enum(['starting', 'running', 'degraded', 'failed', 'stopping', 'stopped']);
export type RunState = z.infer<typeof RunState>;

/** `pids` of the processes that are one packet path together, `pid` the first of them. */
export const PacketPathState = z.object({
  state: RunState,
  reason: z.string(),
  pid: z.int().nullable(),
  pids: z.array(z.int()).optional(),
  restarts: count,
});

/** What an agent makes of its desired state; sent on every change. An assistant reports no mappings. */
export const AgentState = z.object({
  type: z.literal('state'),
  /** The desired-state revision that this answers; 0 before any was told. */
  revision: count,
  packetPath: PacketPathState,
  mappings: z.array(z.object({ id: z.string(), state: RunState, reason: z.string() })),
  /** Relays connected: an online agent's assistants, or an assistant's online agents. */
  relays: z.array(z.object({ peer: z.string(), connected: z.boolean(), reason: z.string() })),
});
export type AgentState = z.infer<typeof AgentState>;

/** One second of one mapping. Counts are of this second unless they say otherwise. Histograms: HDR V2, compressed, base64, values in µs. */
export const MappingSample = z.object({
  type: z.literal('sample'),
  mappingId: z.string(),
  atMs: z.number(),
  sessionsOpen: count,
  sessionsOpened: count,
  copiesOpen: count,
  exchanges: z.object({ online: count, target: count }),
  bytes: z.object({ captured: count, injected: count }),
  packets: z.object({ captured: count, captureDropped: count, injected: count, sendFailed: count, answers: count }),
  latency: z.object({ online: z.string().nullable(), target: z.string().nullable() }),
  ledger: Ledger,
  /** Whether ports and addresses suffice for what is open now; told every few seconds where they may not. */
  forecast: Forecast.nullable().optional(),
  /** Of the selection, at this moment. */
  percent: z.number().optional(),
});
export type MappingSample = z.infer<typeof MappingSample>;

export const CopyRow = z.object({
  /** Where it is not the client's own. */
  address: IpAddress.optional(),
  port: z.int(),
  state: z.string(),
  bytesDelivered: count,
  bytesHeld: count,
  /** Why bytes are held; null when none are. */
  held: z.string().nullable(),
  lastLatencyUs: z.number().nullable(),
});
export type CopyRow = z.infer<typeof CopyRow>;

export const SessionRow = z.object({
  id: z.string(),
  client: Endpoint,
  openedAtMs: z.number(),
  state: z.string(),
  bytesFromClient: count,
  bytesFromOnline: count,
  lastLatencyUs: z.number().nullable(),
  copies: z.array(CopyRow),
});
export type SessionRow = z.infer<typeof SessionRow>;

/** The sessions now open of one watched mapping, newest first, at most 200; `total` counts all. Of those that are followed, what was seen since the last time. */
export const Sessions = z.object({
  type: z.literal('sessions'),
  mappingId: z.string(),
  atMs: z.number(),
  total: count,
  rows: z.array(SessionRow).max(200),
  traces: z.array(SessionTrace).max(MOST_FOLLOWED).optional(),
});
export type Sessions = z.infer<typeof Sessions>;

/** Something an operator should be able to read afterwards. */
export const AgentEvent = z.object({
  type: z.literal('event'),
  atMs: z.number(),
  level: z.enum(['info', 'warning', 'error']),
  mappingId: z.string().nullable(),
  text: z.string(),
});
export type AgentEvent = z.infer<typeof AgentEvent>;

/** Answers an `ask-load`. `error` is a sentence for the operator. */
export const LoadTold = z.object({ type: z.literal('load'), id: count, load: Load.nullable(), error: z.string().nullable() });
export type LoadTold = z.infer<typeof LoadTold>;

/** Answers a `heartbeat`. */
export const HeartbeatSeen = z.object({ type: z.literal('heartbeat-seen'), sequence: count });

/** Everything an agent may say to the console. */
export const FromAgent = z.discriminatedUnion('type', [
  Hello,
  AgentState,
  MappingSample,
  ComparisonSecond,
  OnlineSample,
  AssistantSample,
  Sessions,
  AgentEvent,
  LoadTold,
  HeartbeatSeen,
]);
export type FromAgent = z.infer<typeof FromAgent>;

/** Sent once after an acceptable hello. Without a heartbeat for `leaseMs` an online agent stops injecting by itself. */
export const Welcome = z.object({ type: z.literal('welcome'), agentId: z.string(), agentName: z.string(), leaseMs: z.int().min(1000) });
export type Welcome = z.infer<typeof Welcome>;

/** Sent instead of a welcome; the console closes after it. */
export const Refusal = z.object({ type: z.literal('refusal'), reason: z.string() });
export type Refusal = z.infer<typeof Refusal>;

/** All that an agent should be doing; replaces what it was told before. `mappings` holds only those that should run. */
export const Desired = z.object({
  type: z.literal('desired'),
  revision: count,
  mappings: z.array(OnlineMapping),
  /** For an assistant: the online agents that may open a relay. */
  relays: z.array(RelayCredential),
});
export type Desired = z.infer<typeof Desired>;

/** Ask for (or end) the once-a-second `sessions` of a mapping; `followed` are sessions of which every segment is told, by their ids. */
export const WatchSessions = z.object({
  type: z.literal('watch-sessions'),
  mappingId: z.string(),
  on: z.boolean(),
  followed: z.array(SessionId).max(MOST_FOLLOWED).optional(),
});
export type WatchSessions = z.infer<typeof WatchSessions>;

/** Asks an online agent what its host's tables say of a service. */
export const AskLoad = LoadQuery.extend({ type: z.literal('ask-load'), id: count });
export type AskLoad = z.infer<typeof AskLoad>;

/** Renews the lease; sent every few seconds. */
export const Heartbeat = z.object({ type: z.literal('heartbeat'), sequence: count });

/** Everything the console may say to an agent. */
export const ToAgent = z.discriminatedUnion('type', [Welcome, Refusal, Desired, WatchSessions, AskLoad, ComparisonStored, Heartbeat]);
export type ToAgent = z.infer<typeof ToAgent>;
