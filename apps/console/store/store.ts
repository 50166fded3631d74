// What the console remembers, as verbs. Everybody but store/ sees only this.
import type { AgentRole, Hello, HostFacts, MappingInput, MappingView, TokenView } from '@parallax/protocol';

export type User = { id: string; name: string; passwordHash: string; createdAtMs: number };

export type Agent = {
  id: string;
  name: string;
  role: AgentRole;
  /** Until when the token may be used for the first time; null once it was. */
  tokenExpiresAtMs: number | null;
  createdAtMs: number;
  lastSeenAtMs: number | null;
  version: string | null;
  facts: HostFacts | null;
  io: Hello['io'] | null;
  relay: Hello['relay'];
};

/** A mapping with the secret its online agent proves itself with. Never sent to a browser. */
export type Mapping = MappingView & { relayIdentity: string; relayKey: string };

export type StoredEvent = { atMs: number; level: 'info' | 'warning' | 'error'; agentId: string | null; mappingId: string | null; text: string };

/** Comparison of both servers over `stepS` seconds from `atMs` on, packed (comparison/pack.ts). */
export type SpanKey = { mappingId: string; stepS: number; atMs: number };
export type Span = SpanKey & { total: Uint8Array<ArrayBuffer>; kinds: Uint8Array<ArrayBuffer> };

/** A name that must be unique is taken. */
export class NameTaken extends Error {}

export interface Store {
  hasUser(): Promise<boolean>;
  listUsers(): Promise<User[]>;
  findUser(name: string): Promise<User | null>;
  /** @throws NameTaken */
  createUser(user: { name: string; passwordHash: string }): Promise<User>;
  setPasswordHash(userId: string, passwordHash: string): Promise<void>;

  createLogin(login: { tokenHash: string; userId: string; expiresAtMs: number }): Promise<void>;
  /** The user behind a login that has not expired. */
  findLogin(tokenHash: string, nowMs: number): Promise<User | null>;
  deleteLogin(tokenHash: string): Promise<void>;
  deleteOtherLogins(userId: string, keptTokenHash: string): Promise<void>;
  deleteExpiredLogins(nowMs: number): Promise<void>;

  listApiTokens(): Promise<TokenView[]>;
  /** @throws NameTaken */
  createApiToken(token: { name: string; tokenHash: string; createdBy: string }): Promise<TokenView>;
  findApiToken(tokenHash: string): Promise<TokenView | null>;
  recordTokenUse(id: string, atMs: number): Promise<void>;
  deleteApiToken(id: string): Promise<void>;

  listAgents(): Promise<Agent[]>;
  /** @throws NameTaken */
  createAgent(agent: { name: string; role: AgentRole; tokenHash: string; tokenExpiresAtMs: number }): Promise<Agent>;
  findAgentByToken(tokenHash: string): Promise<Agent | null>;
  /** What it told at hello; from then on its token does not expire. */
  recordHello(id: string, hello: Hello, atMs: number): Promise<void>;
  recordSeen(id: string, atMs: number): Promise<void>;
  deleteAgent(id: string): Promise<void>;

  listMappings(): Promise<Mapping[]>;
  /** @throws NameTaken */
  createMapping(input: MappingInput, relay: { relayIdentity: string; relayKey: string }): Promise<Mapping>;
  /** @throws NameTaken */
  updateMapping(id: string, input: MappingInput, relay: { relayIdentity: string; relayKey: string }): Promise<Mapping>;
  setDesired(ids: readonly string[], desired: 'running' | 'stopped'): Promise<void>;
  deleteMapping(id: string): Promise<void>;

  addEvent(event: StoredEvent): Promise<void>;
  /** Newest first: of the mapping, and of these agents where no mapping is named. */
  listEvents(filter: { mappingId: string; agentIds: readonly string[]; limit: number }): Promise<StoredEvent[]>;
  /** Keep the newest `keep` events. */
  trimEvents(keep: number): Promise<void>;

  /** All of them or none; a span that is there already is replaced. */
  putSpans(spans: readonly Span[]): Promise<void>;
  /** One part of every span that begins in [fromMs, toMs), oldest first. */
  listSpans(filter: Omit<SpanKey, 'atMs'> & { fromMs: number; toMs: number; part: 'total' | 'kinds' }): Promise<{ atMs: number; packed: Uint8Array }[]>;
  /** Beginnings of spans in [fromMs, toMs), oldest first. */
  listSpanTimes(filter: Omit<SpanKey, 'atMs'> & { fromMs: number; toMs: number }): Promise<number[]>;
  /** The beginning of the latest span. */
  lastSpanAtMs(mappingId: string, stepS: number): Promise<number | null>;
  /** Forgets spans that began before. */
  trimSpans(mappingId: string, stepS: number, beforeMs: number): Promise<void>;

  /** Fails when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
