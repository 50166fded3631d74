import type { AgentState, AgentView, ToAgent } from '@parallax/protocol';
import type { Agent } from '../store/store.ts';
import type { AgentCondition } from './status.ts';

/** The way to an agent that is connected now. */
export type AgentLink = { send(message: ToAgent): void; close(code: number, reason: string): void };

/** One agent as the hub knows it: what is stored, and what its connection says. */
export class LiveAgent {
  record: Agent;
  link: AgentLink | null = null;
  /** When it connected, or when it was last seen. */
  sinceMs: number | null;
  state: AgentState | null = null;
  /** The revision last sent on this connection, and what it said. */
  told = 0;
  toldWork = '';

  constructor(record: Agent) {
    this.record = record;
    this.sinceMs = record.lastSeenAtMs;
  }

  get condition(): AgentCondition {
    return {
      name: this.record.name,
      connected: this.link !== null,
      sinceMs: this.sinceMs,
      hasRelay: this.record.relay !== null,
      told: this.told,
      state: this.state,
    };
  }

  get view(): AgentView {
    const { id, name, role, version, facts, io, relay } = this.record;
    const live = this.link === null ? null : this.state;
    return {
      id,
      name,
      role,
      connected: this.link !== null,
      sinceMs: this.sinceMs,
      version,
      facts,
      io,
      relay,
      packetPath: live?.packetPath ?? null,
      relays: live?.relays ?? [],
    };
  }
}
