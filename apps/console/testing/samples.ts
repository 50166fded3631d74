// Messages as agents send them, for tests.
import { Histogram } from '@parallax/latency';
import type { AgentView, AssistantSample, Hello, LedgerBuckets, LiveSample, MappingInput, MappingSample, OnlineSample } from '@parallax/protocol';
import { everySession, ledgerBuckets, PROTOCOL_VERSION, realClients } from '@parallax/protocol';
import type { Agent, Mapping } from '../store/store.ts';

export const facts = (address: string): Hello['facts'] => ({
  hostname: 'web',
  os: 'Linux',
  kernel: '6.1',
  architecture: 'x64',
  nodeVersion: 'v20.20.2',
  cpus: 2,
  memoryBytes: 1_000_000,
  interfaces: [{ name: 'eth0', up: true, mtuBytes: 1500, mac: null, addresses: [{ address, prefixBits: 24 }] }],
  capabilities: ['CAP_NET_RAW'],
  sysctls: { 'net.ipv4.ip_forward': '0' },
});

export const hello = (role: 'online' | 'assistant', change: Partial<Hello> = {}): Hello => ({
  type: 'hello',
  protocol: PROTOCOL_VERSION,
  agentVersion: '0.1.0',
  role,
  facts: facts(role === 'online' ? '10.0.0.20' : '10.0.0.22'),
  io: { backend: 'memory', why: 'a test' },
  relay: role === 'assistant' ? { address: '10.0.0.22', port: 36_524 } : null,
  ...change,
});

export const histogram = (...valuesUs: number[]): string => {
  const made = new Histogram();
  for (const value of valuesUs) made.record(value);
  return Buffer.from(made.encode()).toString('base64');
};

const noBuckets = (): LedgerBuckets => Object.fromEntries(ledgerBuckets.map((bucket) => [bucket, 0])) as LedgerBuckets;

export const ledger = (copies: Partial<MappingSample['ledger']['copies']> = {}): MappingSample['ledger'] => ({
  copies: { ...noBuckets(), ...copies },
  exchanges: noBuckets(),
  bytes: noBuckets(),
});

export const sample = (mappingId: string, atMs: number, change: Partial<MappingSample> = {}): MappingSample => ({
  type: 'sample',
  mappingId,
  atMs,
  sessionsOpen: 1,
  sessionsOpened: 0,
  copiesOpen: 3,
  exchanges: { online: 100, target: 300 },
  bytes: { captured: 1000, injected: 3000 },
  packets: { captured: 10, captureDropped: 0, injected: 30, sendFailed: 0, answers: 30 },
  latency: { online: null, target: null },
  ledger: ledger(),
  ...change,
});

export const assistantSample = (packets: Partial<AssistantSample['packets']> = {}, atMs = 0): AssistantSample => ({
  type: 'assistant-sample',
  atMs,
  packets: { captured: 30, captureDropped: 0, malformed: 0, unrouted: 0, relayed: 30, relayDropped: 0, ...packets },
});

export const onlineSample = (change: Partial<OnlineSample> = {}, atMs = 0): OnlineSample => ({
  type: 'online-sample',
  atMs,
  captured: { frames: 100, dropped: 0, truncated: 0, malformed: 0, fragments: 0 },
  sent: { packets: 30, failed: 0, forbidden: 0, failedBy: {} },
  answers: { received: 30, malformed: 0, unknown: 0 },
  relays: { dropped: 0, captureDropped: 0 },
  shedding: { sessions: 0, reason: null, forMs: null },
  ...change,
});

const noLatency = { count: 0, p50Us: null, p90Us: null, p99Us: null };
export const liveSample = (atMs: number, change: Partial<LiveSample> = {}): LiveSample => {
  const { type: _, sessionsOpened: __, latency: ___, ...rest } = sample('m', atMs);
  return { ...rest, latency: { online: noLatency, target: noLatency }, ...change };
};

export const mappingInput = (change: Partial<MappingInput> = {}): MappingInput => ({
  name: 'orders',
  onlineAgentId: 'online-1',
  assistantAgentId: 'assistant-1',
  listen: { address: null, port: 6379, lastPort: null },
  target: { address: '10.0.0.21', port: 6379, lastPort: null },
  multiplier: 3,
  pacing: 'response',
  midStream: 'boundary',
  adapter: 'turns',
  selection: everySession,
  sources: realClients,
  ...change,
});

export const mapping = (change: Partial<Mapping> = {}): Mapping => ({
  ...mappingInput(),
  id: 'm',
  desired: 'running',
  relayIdentity: 'online-1',
  relayKey: 'a2V5',
  createdAtMs: 1,
  updatedAtMs: 1,
  ...change,
});

export const agent = (change: Partial<Agent> = {}): Agent => ({
  id: 'online-1',
  name: 'web-1',
  role: 'online',
  tokenExpiresAtMs: null,
  createdAtMs: 1,
  lastSeenAtMs: 1,
  version: '0.1.0',
  facts: facts('10.0.0.20'),
  io: null,
  relay: null,
  ...change,
});

export const agentView = (change: Partial<AgentView> = {}): AgentView => ({
  id: 'online-1',
  name: 'web-1',
  role: 'online',
  connected: true,
  sinceMs: 1,
  version: '0.1.0',
  facts: facts('10.0.0.20'),
  io: null,
  relay: null,
  packetPath: { state: 'running', reason: 'ring on eth0', pid: 1, restarts: 0 },
  relays: [],
  ...change,
});
