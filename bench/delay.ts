// Copy delay: from a request at the online server's NIC to its copy at the target's, both stamped by the one kernel that runs the lab.
import type { ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCapture } from '@parallax/device';
import { ADDRESS, type Lab, waitUntil } from '@parallax/lab';
import { IpView, TcpView } from '@parallax/wire';

const SNAP_BYTES = 128;

interface Recording {
  stop(): Promise<Map<string, number>>;
}

/** Record the requests that arrive at a host; resolves once tcpdump listens. */
async function record(lab: Lab, host: 'online' | 'target'): Promise<Recording> {
  const path = join(lab.dir, `delay-${host}.pcap`);
  const filter = `tcp and dst host ${ADDRESS[host]} and dst port 6379`;
  const child: ChildProcess = lab.spawn(host, ['tcpdump', '-i', 'eth0', '-j', 'host', '-s', `${SNAP_BYTES}`, '-B', '65536', '-w', path, filter], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words += chunk.toString();
  });
  await waitUntil(() => words.includes('listening on'), { what: `tcpdump listens on ${host}` });
  await sleep(300);
  return {
    stop: async () => {
      await sleep(300);
      const gone = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGINT');
      await gone;
      const stamps = stampsOf(readFileSync(path));
      rmSync(path);
      return stamps;
    },
  };
}

/** When each payload was seen first, by its sender and sequence number; a copy keeps both. µs. */
function stampsOf(bytes: Uint8Array): Map<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ip = new IpView(view);
  const tcp = new TcpView(view);
  const stamps = new Map<string, number>();
  for (const { at, lengthBytes, wireBytes, capturedAtUs } of readCapture(bytes)) {
    if (!ip.moveTo(at, at + lengthBytes, wireBytes) || !tcp.moveTo(ip.payloadAt, at + lengthBytes)) continue;
    if (ip.totalBytes === tcp.payloadAt - ip.at) continue;
    const key = `${ip.source(3)}:${tcp.sourcePort}:${tcp.seq}`;
    if (!stamps.has(key)) stamps.set(key, capturedAtUs);
  }
  return stamps;
}

export interface Delays {
  p50: number;
  p90: number;
  p99: number;
  /** Requests that both hosts saw. */
  matched: number;
}

/** Start recording on both hosts; `stop` gives the percentiles in µs. */
export async function recordDelays(lab: Lab): Promise<{ stop(): Promise<Delays> }> {
  const recordings = [await record(lab, 'online'), await record(lab, 'target')] as const;
  return {
    stop: async () => {
      const [online, target] = await Promise.all([recordings[0].stop(), recordings[1].stop()]);
      const delaysUs: number[] = [];
      for (const [key, atUs] of online) {
        const copiedAtUs = target.get(key);
        if (copiedAtUs !== undefined) delaysUs.push(copiedAtUs - atUs);
      }
      delaysUs.sort((a, b) => a - b);
      const at = (share: number) => delaysUs[Math.min(delaysUs.length - 1, Math.floor(delaysUs.length * share))] ?? Number.NaN;
      return { p50: at(0.5), p90: at(0.9), p99: at(0.99), matched: delaysUs.length };
    },
  };
}
