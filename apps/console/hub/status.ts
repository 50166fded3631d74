// What a mapping does now, and why: what is wanted against what its agents say. Pure.
import type { AgentState, RunState } from '@parallax/protocol';
import type { Mapping } from '../store/store.ts';

/** Of an agent, what a status needs. `told` is the revision in which the console last sent this agent its desired state. */
export type AgentCondition = {
  name: string;
  connected: boolean;
  /** When it connected or was last seen; null if never. */
  sinceMs: number | null;
  hasRelay: boolean;
  told: number;
  state: AgentState | null;
};

export type Derived = { state: RunState; reason: string };

/** Instants stand in reasons in ISO 8601; pages show them in the viewer's zone. */
const instant = (atMs: number) => new Date(atMs).toISOString();

function whenAway(agent: AgentCondition, wanted: Mapping['desired'], leaseMs: number, nowMs: number): Derived {
  if (agent.sinceMs === null) {
    return wanted === 'running'
      ? { state: 'failed', reason: `online agent ${agent.name} has never connected: start it with the command from Agents` }
      : { state: 'stopped', reason: `nothing is sent to the target; online agent ${agent.name} has never connected` };
  }
  const leaseEndsMs = agent.sinceMs + leaseMs;
  const away = `online agent ${agent.name} is not connected since ${instant(agent.sinceMs)}`;
  if (nowMs < leaseEndsMs) {
    return wanted === 'running'
      ? { state: 'degraded', reason: `${away}: it goes on by itself until its lease ends at ${instant(leaseEndsMs)}` }
      : { state: 'stopping', reason: `${away}: its lease ends at ${instant(leaseEndsMs)}, which stops its copies` };
  }
  return wanted === 'running'
    ? { state: 'failed', reason: `${away}: its lease ended at ${instant(leaseEndsMs)}, so it has stopped copying; start the agent again` }
    : { state: 'stopped', reason: `nothing is sent to the target; ${away}` };
}

function whenStopped(mapping: Mapping, online: AgentCondition): Derived {
  const reported = online.state?.mappings.find((entry) => entry.id === mapping.id);
  if (reported && reported.state !== 'stopped' && reported.state !== 'failed') {
    return { state: 'stopping', reason: reported.state === 'stopping' && reported.reason ? reported.reason : `waiting for ${online.name} to end its copies` };
  }
  return { state: 'stopped', reason: 'nothing is sent to the target' };
}

function whenRunning(mapping: Mapping, online: AgentCondition, assistant: AgentCondition): Derived {
  if (!assistant.hasRelay)
    return { state: 'starting', reason: `assistant ${assistant.name} has not told its relay address yet: it does so when it first connects` };
  const path = online.state?.packetPath;
  if (path?.state === 'failed') return { state: 'failed', reason: `packet path of ${online.name}: ${path.reason}` };
  const reported = online.state?.mappings.find((entry) => entry.id === mapping.id);
  if (!online.state || online.state.revision < online.told || !reported) return { state: 'starting', reason: `waiting for ${online.name} to take it up` };
  if (reported.state === 'stopped' || reported.state === 'stopping')
    return { state: 'starting', reason: reported.reason || `waiting for ${online.name} to start it` };
  if (reported.state !== 'running') return { state: reported.state, reason: reported.reason || `${online.name} gave no reason` };
  if (!assistant.connected) {
    const since = assistant.sinceMs === null ? '' : ` since ${instant(assistant.sinceMs)}`;
    return { state: 'degraded', reason: `assistant agent ${assistant.name} is not connected to the console${since}` };
  }
  return { state: 'running', reason: reported.reason || `copying each session ×${mapping.multiplier}` };
}

export function deriveStatus(mapping: Mapping, online: AgentCondition, assistant: AgentCondition, leaseMs: number, nowMs: number): Derived {
  if (!online.connected) return whenAway(online, mapping.desired, leaseMs, nowMs);
  return mapping.desired === 'running' ? whenRunning(mapping, online, assistant) : whenStopped(mapping, online);
}
