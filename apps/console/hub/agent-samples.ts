// The last minute of every agent's packets, in memory.
import type { AgentSample } from '@parallax/protocol';

const keptMs = 60_000;

export class AgentSamples {
  readonly #samples = new Map<string, AgentSample[]>();

  /** Keeps the sample, at the console's time: one clock for all agents. */
  add(agentId: string, sample: AgentSample, nowMs: number): AgentSample {
    const kept = { ...sample, atMs: nowMs };
    this.#samples.set(agentId, [...this.#since(agentId, nowMs - keptMs), kept]);
    return kept;
  }

  /** What is not older than a minute, by agent, oldest first. */
  all(nowMs: number): Record<string, AgentSample[]> {
    return Object.fromEntries([...this.#samples.keys()].map((agentId) => [agentId, this.#since(agentId, nowMs - keptMs)]));
  }

  forget(agentId: string): void {
    this.#samples.delete(agentId);
  }

  #since(agentId: string, fromMs: number): AgentSample[] {
    return (this.#samples.get(agentId) ?? []).filter(({ atMs }) => atMs > fromMs);
  }
}
