// What crosses the WebSocket between the console and a browser.
import { z } from 'zod';
import { AgentEvent, AgentRole, HostFacts, PacketIo, PacketPathState, RunState, SessionRow } from './agent.ts';
import { AgentSample } from './agent-sample.ts';
import { MappingView } from './api.ts';
import { Forecast } from './forecast.ts';
import { Ledger } from './ledger.ts';
import { SessionId, SessionTrace } from './session-trace.ts';

/** An agent as pages show it. */
export const AgentView = z.object({
  id: z.string(),
  name: z.string(),
  role: AgentRole,
  connected: z.boolean(),
  /** When it connected, or was last seen; null if never. */
  sinceMs: z.number().nullable(),
  version: z.string().nullable(),
  facts: HostFacts.nullable(),
  io: PacketIo.nullable(),
  relay: z.object({ address: z.string(), port: z.int() }).nullable(),
  packetPath: PacketPathState.nullable(),
  relays: z.array(z.object({ peer: z.string(), connected: z.boolean(), reason: z.string() })),
});
export type AgentView = z.infer<typeof AgentView>;

/** What a mapping does now, and why: the desired state against what its agents report. */
export const MappingStatus = z.object({ id: z.string(), desired: z.enum(['running', 'stopped']), state: RunState, reason: z.string(), sinceMs: z.number() });
export type MappingStatus = z.infer<typeof MappingStatus>;

const sideLatency = z.object({ count: z.int(), p50Us: z.number().nullable(), p90Us: z.number().nullable(), p99Us: z.number().nullable() });

/** One second of one mapping with the percentiles of that second. */
export const LiveSample = z.object({
  mappingId: z.string(),
  atMs: z.number(),
  sessionsOpen: z.int(),
  copiesOpen: z.int(),
  exchanges: z.object({ online: z.int(), target: z.int() }),
  bytes: z.object({ captured: z.int(), injected: z.int() }),
  packets: z.object({ captured: z.int(), captureDropped: z.int(), injected: z.int(), sendFailed: z.int(), answers: z.int() }),
  latency: z.object({ online: sideLatency, target: sideLatency }),
  /** The same over the last minute: histograms merged, never averaged percentiles. */
  lastMinute: z.object({ online: sideLatency, target: sideLatency }).optional(),
  ledger: Ledger,
  forecast: Forecast.nullable().optional(),
  percent: z.number().optional(),
});
export type LiveSample = z.infer<typeof LiveSample>;

/** Everything the console may say to a viewer. `snapshot` comes first; the rest are changes to it. */
export const ToViewer = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('snapshot'),
    nowMs: z.number(),
    agents: z.array(AgentView),
    mappings: z.array(MappingStatus),
    definitions: z.array(MappingView).optional(),
    samples: z.record(z.string(), z.array(LiveSample)),
    /** The last minute of each agent, by its id. */
    agentSamples: z.record(z.string(), z.array(AgentSample)).optional(),
  }),
  z.object({ type: z.literal('agent'), agent: AgentView }),
  z.object({ type: z.literal('agent-removed'), id: z.string() }),
  z.object({ type: z.literal('mapping'), status: MappingStatus, definition: MappingView.optional() }),
  z.object({ type: z.literal('mapping-removed'), id: z.string() }),
  z.object({ type: z.literal('sample'), sample: LiveSample }),
  z.object({ type: z.literal('agent-sample'), agentId: z.string(), sample: AgentSample }),
  z.object({
    type: z.literal('sessions'),
    mappingId: z.string(),
    atMs: z.number(),
    total: z.int(),
    rows: z.array(SessionRow),
    traces: z.array(SessionTrace).optional(),
  }),
  z.object({ type: z.literal('event'), agentId: z.string(), event: AgentEvent }),
  /** Every few seconds, so that silence means that the connection is lost. */
  z.object({ type: z.literal('beat') }),
]);
export type ToViewer = z.infer<typeof ToViewer>;

/** Everything a viewer may say: which mapping's sessions it looks at, null for none, and which of them it follows segment by segment. */
export const FromViewer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('watch-sessions'), mappingId: z.string().nullable(), sessionId: SessionId.nullable().optional() }),
]);
export type FromViewer = z.infer<typeof FromViewer>;
