// What crosses between an agent's parent process and its packet path (a child with one event loop for ring and relay).
import { z } from 'zod';
import { AgentEvent, MappingSample, PacketIo, RunState, Sessions, WatchSessions } from './agent.ts';
import { AssistantSample, OnlineSample } from './agent-sample.ts';
import { ComparisonSecond } from './comparison.ts';
import { OnlineMapping, RelayCredential } from './mapping.ts';

const IoChoice = z.enum(['ring', 'pcap', 'auto']);
const TxChoice = z.enum(['packet', 'raw', 'auto']);
const RxChoice = z.enum(['v2', 'v3', 'recvmmsg', 'auto']);

/** Number `index` (from 0) of the `count` packet paths that share an agent's connections. */
export const PathShard = z.object({ index: z.int().min(0), count: z.int().min(1).max(256) });

/** Opens the devices of an online agent's packet path; sent once. */
export const OpenOnline = z.object({
  type: z.literal('open-online'),
  interfaceName: z.string(),
  io: IoChoice,
  /** How the ring backend sends, and how it receives. */
  tx: TxChoice,
  rx: RxChoice,
  mtuBytes: z.int(),
  /** Largest segment that copies ask the target for; null: what the client asked for, as far as the MTU permits. */
  mssBytes: z.int().nullable().default(null),
  storeBytes: z.int(),
  shard: PathShard.default({ index: 0, count: 1 }),
  /** Which packets of clients are looked at, in libpcap's language; null: all that a mapping listens for. */
  clientFilter: z.string().nullable().default(null),
  /** Spans that differ from the engine's own, ms. */
  spans: z
    .object({ rtoInitialMs: z.int().min(1), targetTimeoutMs: z.int().min(1), idleOpenMs: z.int().min(1) })
    .partial()
    .default({}),
  /** What the path may use of its host before it leaves sessions out: CPU of one core, resident memory, packets sent; null: no such limit. */
  limits: z
    .object({ cpuPercent: z.number().positive().nullable(), memoryMiB: z.number().positive().nullable(), packetsPerSecond: z.number().positive().nullable() })
    .default({ cpuPercent: null, memoryMiB: null, packetsPerSecond: null }),
  /** Name told to assistants. */
  agent: z.string(),
});
export type OpenOnline = z.infer<typeof OpenOnline>;

/** Opens the devices of an assistant's packet path; sent once. `filter` in libpcap's language; null: the targets that relays announce. */
export const OpenAssistant = z.object({
  type: z.literal('open-assistant'),
  interfaceName: z.string(),
  io: IoChoice,
  /** How the ring backend receives. */
  rx: RxChoice,
  filter: z.string().nullable(),
  relay: z.object({ address: z.string(), port: z.int() }),
  isAuthenticated: z.boolean(),
  /** False: relays are closed while the host forwards packets. */
  allowsForwarding: z.boolean(),
  agent: z.string(),
});
export type OpenAssistant = z.infer<typeof OpenAssistant>;

/** All that should run now; replaces what was told before. */
export const Configure = z.object({ type: z.literal('configure'), mappings: z.array(OnlineMapping), relays: z.array(RelayCredential) });
export type Configure = z.infer<typeof Configure>;

/** Reset every copy, then exit 0. */
export const Stop = z.object({ type: z.literal('stop') });

export const ToPacketPath = z.discriminatedUnion('type', [OpenOnline, OpenAssistant, Configure, WatchSessions, Stop]);
export type ToPacketPath = z.infer<typeof ToPacketPath>;

/** The devices are open. */
export const Opened = PacketIo.extend({ type: z.literal('opened') });

/** It cannot work at all with what it was told; it exits after this. `reason` is a sentence for the operator. */
export const CannotWork = z.object({ type: z.literal('cannot-work'), reason: z.string() });

/** Sent on every change. */
export const PathState = z.object({
  type: z.literal('path-state'),
  mappings: z.array(z.object({ id: z.string(), state: RunState, reason: z.string() })),
  relays: z.array(z.object({ peer: z.string(), connected: z.boolean(), reason: z.string() })),
  /** Why sessions are left out, so that the host is not hurt; null while none are. */
  shedding: z.string().nullable().default(null),
});
export type PathState = z.infer<typeof PathState>;

export const FromPacketPath = z.discriminatedUnion('type', [
  Opened,
  CannotWork,
  PathState,
  MappingSample,
  ComparisonSecond,
  OnlineSample,
  AssistantSample,
  Sessions,
  AgentEvent,
]);
export type FromPacketPath = z.infer<typeof FromPacketPath>;
