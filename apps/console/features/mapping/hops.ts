// How each station of a mapping's way is doing, and why. Pure.
import type { AgentView, LiveSample, MappingStatus, MappingView, RunState } from '@parallax/protocol';
import { formatEndpoint } from '@parallax/protocol';
import { formatCount, plural } from '../../lib/format.ts';
import { sumOverLast } from './figures.ts';

export type Hop = { name: 'client' | 'online' | 'target' | 'assistant'; title: string; where: string; state: RunState | 'unknown'; reason: string };

type Given = {
  mapping: MappingView;
  status: MappingStatus | undefined;
  online: AgentView | undefined;
  assistant: AgentView | undefined;
  samples: readonly LiveSample[];
  /** That of this moment, if there is one. */
  sample: LiveSample | null;
  nowMs: number;
};

type Health = Pick<Hop, 'state' | 'reason'>;
const minuteMs = 60_000;

function agentHealth(agent: AgentView | undefined): Health {
  if (!agent) return { state: 'failed', reason: 'this agent does not exist any more' };
  if (!agent.connected) {
    return agent.sinceMs === null
      ? { state: 'failed', reason: 'has never connected: start it with the command from Agents' }
      : { state: 'failed', reason: `not connected since ${new Date(agent.sinceMs).toISOString()}` };
  }
  if (!agent.packetPath) return { state: 'starting', reason: 'connected; has not told how its packet path does' };
  const { state, reason } = agent.packetPath;
  return { state, reason: state === 'running' ? 'connected, its packet path runs' : reason };
}

function clientHealth({ sample, status }: Given): Health {
  if (!sample && status?.desired === 'stopped') return { state: 'stopped', reason: 'not captured while the mapping is stopped' };
  if (!sample) return { state: 'unknown', reason: 'no figures arrive' };
  if (sample.sessionsOpen === 0) return { state: 'running', reason: 'none is connected' };
  return { state: 'running', reason: 'their traffic is read, never touched' };
}

function onlineHealth(given: Given): Health {
  const health = agentHealth(given.online);
  const lostPackets = sumOverLast(given.samples, minuteMs, given.nowMs, (one) => one.packets.captureDropped);
  if (health.state === 'running' && lostPackets > 0)
    return { state: 'degraded', reason: `capture lost ${plural(lostPackets, 'packet')} in the last minute: this host is too busy to read all traffic` };
  return health;
}

function targetHealth({ status, sample, samples, nowMs }: Given): Health {
  if (!status || status.desired === 'stopped') return { state: 'stopped', reason: 'nothing is sent to it' };
  if (!sample) return { state: 'unknown', reason: 'no figures arrive' };
  const sent = sumOverLast(samples, 10_000, nowMs, (one) => one.packets.injected);
  const answered = sumOverLast(samples, 10_000, nowMs, (one) => one.packets.answers);
  const failed = sumOverLast(samples, minuteMs, nowMs, (one) => one.packets.sendFailed);
  if (sent > 0 && answered === 0)
    return { state: 'failed', reason: 'no answer in 10 s: is the service up, and do its answers go to the assistant? See Routes below' };
  if (failed > 0) return { state: 'degraded', reason: `${plural(failed, 'packet')} could not be sent to it in the last minute` };
  if (sent === 0) return { state: 'running', reason: 'nothing had to be sent in 10 s' };
  return { state: 'running', reason: `answers: ${formatCount(answered)} packets in 10 s` };
}

function assistantHealth({ assistant }: Given): Health {
  const health = agentHealth(assistant);
  const down = assistant?.relays.filter((relay) => !relay.connected) ?? [];
  if (health.state === 'running' && down.length > 0) return { state: 'degraded', reason: `relay of ${down[0]!.peer} is not connected: ${down[0]!.reason}` };
  return health;
}

export function hopsOf(given: Given): Hop[] {
  const { mapping, online, assistant } = given;
  const listen =
    mapping.listen.address === null ? `port ${mapping.listen.port}` : formatEndpoint({ address: mapping.listen.address, port: mapping.listen.port });
  return [
    {
      name: 'client',
      title: given.sample ? `${plural(given.sample.sessionsOpen, 'session')} open` : 'sessions not known',
      where: `to ${listen}`,
      ...clientHealth(given),
    },
    { name: 'online', title: online?.name ?? 'online agent', where: `${online?.facts?.hostname ?? 'host not known yet'}, ${listen}`, ...onlineHealth(given) },
    { name: 'target', title: formatEndpoint(mapping.target), where: 'no agent; judged by answers', ...targetHealth(given) },
    {
      name: 'assistant',
      title: assistant?.name ?? 'assistant agent',
      where: assistant?.relay ? `relay ${formatEndpoint(assistant.relay)}` : 'relay address not known yet',
      ...assistantHealth(given),
    },
  ];
}
