// What the agents' hosts captured, sent, handed on and lost in the last minute, in the order of the way. Pure.
import type { AgentSample, AssistantSample, OnlineSample } from '@parallax/protocol';
import { formatDuration } from '../../lib/format.ts';

export type Host = 'online' | 'assistant';
/** `isLoss`: shown only if there is any or it goes on now, unless all are asked for. */
export type PacketRow = { key: string; host: Host; label: string; means: string; count: number; unit: 'packet' | 'session'; isLoss: boolean; isNow: boolean };

const sum = <Sample>(samples: readonly Sample[], count: (sample: Sample) => number): number => samples.reduce((total, sample) => total + count(sample), 0);

/** `EPERM 3, ENOBUFS 1`, most first. */
function namesOf(samples: readonly OnlineSample[]): string {
  const names = new Map<string, number>();
  for (const { sent } of samples) for (const [name, count] of Object.entries(sent.failedBy)) names.set(name, (names.get(name) ?? 0) + count);
  return [...names]
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

/** Whole sessions that are left out, so that the online server is not hurt. */
function sheddingRow(samples: readonly OnlineSample[]): PacketRow {
  const { reason = null, forMs = null } = samples.at(-1)?.shedding ?? {};
  return {
    key: 'shed',
    host: 'online',
    label: 'left out to spare the host',
    means:
      reason === null ? 'by --max-cpu, --max-memory or --max-pps; it has ended, new sessions are copied again' : `for ${formatDuration(forMs ?? 0)}: ${reason}`,
    count: sum(samples, ({ shedding }) => shedding?.sessions ?? 0),
    unit: 'session',
    isLoss: true,
    isNow: reason !== null,
  };
}

/** Rows of the hosts that told anything since `sinceMs`. */
export function packetRows(samples: readonly AgentSample[], sinceMs: number): PacketRow[] {
  const fresh = samples.filter(({ atMs }) => atMs > sinceMs);
  const online = fresh.filter((sample): sample is OnlineSample => sample.type === 'online-sample');
  const assistant = fresh.filter((sample): sample is AssistantSample => sample.type === 'assistant-sample');
  const rows: PacketRow[] = [];
  const add = (host: Host, key: string, label: string, means: string, count: number, isLoss = true) =>
    rows.push({ key, host, label, means, count, unit: 'packet', isLoss, isNow: false });
  if (online.length > 0) {
    const refusals = namesOf(online);
    add(
      'online',
      'captured',
      'captured',
      'frames of mirrored ports, both ways',
      sum(online, (one) => one.captured.frames),
      false,
    );
    add(
      'online',
      'capture-dropped',
      'dropped by the kernel',
      'it had no room for them: give the agent more CPU',
      sum(online, (one) => one.captured.dropped),
    );
    add(
      'online',
      'truncated',
      'kept in part',
      'no room for the whole: run the agent with CAP_NET_ADMIN, or raise net.core.rmem_max',
      sum(online, (one) => one.captured.truncated),
    );
    add(
      'online',
      'malformed',
      'unreadable',
      'no whole TCP header in them',
      sum(online, (one) => one.captured.malformed),
    );
    add(
      'online',
      'fragments',
      'IP fragments',
      'they are not copied',
      sum(online, (one) => one.captured.fragments),
    );
    add(
      'online',
      'sent',
      'sent to targets',
      'packets of copies',
      sum(online, (one) => one.sent.packets),
      false,
    );
    add(
      'online',
      'send-failed',
      'refused by the kernel',
      refusals === '' ? 'with the name of the error' : refusals,
      sum(online, (one) => one.sent.failed),
    );
    add(
      'online',
      'forbidden',
      'to no configured target',
      'stopped at the last check before the kernel',
      sum(online, (one) => one.sent.forbidden),
    );
  }
  if (online.some(({ shedding }) => shedding !== undefined)) rows.push(sheddingRow(online));
  if (assistant.length > 0) {
    add(
      'assistant',
      'answers',
      'answers captured',
      'packets of the targets',
      sum(assistant, (one) => one.packets.captured),
      false,
    );
    add(
      'assistant',
      'answers-dropped',
      'answers dropped by the kernel',
      'a repetition, not a copy, is lost with them',
      sum(assistant, (one) => one.packets.captureDropped),
    );
    add(
      'assistant',
      'answers-malformed',
      'answers unreadable',
      'no whole TCP header in them',
      sum(assistant, (one) => one.packets.malformed),
    );
    add(
      'assistant',
      'unrouted',
      'answers nobody wants',
      'no online agent announced that target',
      sum(assistant, (one) => one.packets.unrouted),
    );
    add(
      'assistant',
      'relayed',
      'answers handed on',
      'headers given to online agents',
      sum(assistant, (one) => one.packets.relayed),
      false,
    );
    add(
      'assistant',
      'relay-dropped',
      'answers not handed on',
      'the online agent reads too slowly',
      sum(assistant, (one) => one.packets.relayDropped),
    );
  }
  if (online.length > 0) {
    add(
      'online',
      'received',
      'answers received',
      'one may stand for several packets',
      sum(online, (one) => one.answers.received),
      false,
    );
    add(
      'online',
      'unknown',
      'answers to no copy',
      'late ones, or connections that are no copies',
      sum(online, (one) => one.answers.unknown),
    );
    add(
      'online',
      'received-malformed',
      'answers unreadable here',
      'the assistant runs another release',
      sum(online, (one) => one.answers.malformed),
    );
  }
  return rows;
}
