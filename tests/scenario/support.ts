// What the scenario tests share: the built command, a key, and packets as they were on a wire of the lab.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCapture } from '@parallax/device';
import { ADDRESS, type Host, type Lab, type Redis, type Running, startParallax, waitUntil } from '@parallax/lab';
import type { MappingSample } from '@parallax/protocol';
import { formatAddress, IpView, TcpView } from '@parallax/wire';
import { startTcpdump } from './tcpdump.ts';

export const PROGRAM = fileURLToPath(new URL('../../bin/parallax', import.meta.url));

/** A key file in the lab's folder. */
export function makeKey(lab: Lab): string {
  const path = join(lab.dir, 'relay.key');
  writeFileSync(path, randomBytes(32).toString('base64'), { mode: 0o600 });
  return path;
}

export type Pair = { assistant: Running; online: Running; stop(): Promise<(number | null)[]> };

/** Both agents, stand-alone, as the README has them; at the same time, because an online agent waits for its assistant. */
export async function startPair(lab: Lab, online: readonly string[], assistant: readonly string[] = []): Promise<Pair> {
  const key = makeKey(lab);
  const [running, mirror] = await Promise.all([
    startParallax(lab, 'assistant', PROGRAM, ['assistant', '-i', 'eth0', '--key-file', key, ...assistant]),
    startParallax(lab, 'online', PROGRAM, ['online', '-s', ADDRESS.assistant, '-i', 'eth0', '--key-file', key, ...online]),
  ]);
  return { assistant: running, online: mirror, stop: async () => [await mirror.stop(), await running.stop()] };
}

export type Segment = { source: string; destination: string; seq: number; ack: number; flags: number; payloadBytes: number };

/** Record TCP packets on a host's interface until `take`. */
export async function recordPackets(lab: Lab, host: Host, filter: string): Promise<{ take(): Promise<Segment[]> }> {
  const recorded = await recordCapture(lab, host, filter);
  return {
    take: async () => {
      const bytes = await recorded.take();
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return [...readCapture(bytes)].map(({ at, lengthBytes, wireBytes }) => {
        const ip = new IpView(view);
        const tcp = new TcpView(view);
        if (!ip.moveTo(at, at + lengthBytes, wireBytes) || !tcp.moveTo(ip.payloadAt, at + lengthBytes))
          throw new Error('tcpdump recorded something that is not TCP');
        return {
          source: `${formatAddress([ip.source(0), ip.source(1), ip.source(2), ip.source(3)])}:${tcp.sourcePort}`,
          destination: `${formatAddress([ip.destination(0), ip.destination(1), ip.destination(2), ip.destination(3)])}:${tcp.destinationPort}`,
          seq: tcp.seq,
          ack: tcp.ack,
          flags: tcp.flags,
          payloadBytes: ip.totalBytes - (tcp.payloadAt - ip.at),
        };
      });
    },
  };
}

/** Let tcpdump record on a host's interface; `take` ends it and gives the capture file's bytes. Throws if tcpdump itself lost packets. */
export async function recordCapture(lab: Lab, host: Host, filter: string): Promise<{ take(): Promise<Uint8Array> }> {
  const recorder = await startTcpdump(lab, host, filter, ['-B', '16384', '--immediate-mode']);
  return { take: recorder.end };
}

/** Commands processed; its own INFO is not counted twice because both servers are asked alike. */
export const commandsOf = async (redis: Redis): Promise<number> => Number((await redis.info()).total_commands_processed);

/** The process id of an agent's packet path. */
export const childPathOf = ({ child }: Running): number => Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')[0]);

export type Stats = Omit<MappingSample, 'latency' | 'type'>;

/** The last line of `--stats`. */
export function lastStats({ lines }: Running): Stats | undefined {
  const line = lines.findLast((each) => each.startsWith('{'));
  return line === undefined ? undefined : (JSON.parse(line) as Stats);
}

/** The first line of `--stats` with figures of after this moment; they come once a second. */
export function nextStats(agent: Running): Promise<Stats> {
  const nowMs = Date.now();
  const isNew = () => {
    const stats = lastStats(agent);
    return stats !== undefined && stats.atMs > nowMs ? stats : undefined;
  };
  return waitUntil(isNew, { what: 'figures of after this moment' });
}

/** Packets that an agent's capture lost, by its own `--stats`. */
export const droppedBy = ({ lines }: Running): number =>
  lines.filter((line) => line.startsWith('{')).reduce((sum, line) => sum + (JSON.parse(line) as MappingSample).packets.captureDropped, 0);

/** Connections that a host's kernel has in state established with a port of its own. */
export function establishedOn(lab: Lab, host: Host, port: number): string[] {
  const [program, ...args] = lab.argv(host, ['ss', '-Htn', 'state', 'established', `( sport = :${port} )`]);
  return execFileSync(program!, args).toString().trim().split('\n').filter(Boolean);
}
