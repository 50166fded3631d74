// 5000 connections at once: counted at both servers, hardly a segment sent twice, and none left at the target when the agent stops.
import { readCapture } from '@parallax/device';
import { ADDRESS, Lab, type Redis, startRedis, waitUntil } from '@parallax/lab';
import { IpView, RST, SYN, TcpView } from '@parallax/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { childPathOf, establishedOn, lastStats, type Pair, startPair } from '../scenario/support.ts';
import { startTcpdump } from '../scenario/tcpdump.ts';
import { accountOf, countCommands, watchClient } from './support.ts';

const CONNECTIONS = 5000;
/** Longer than TCP waits for an acknowledgement (200 ms), shorter than a relay may be silent (2 s). */
const HELD_UP_MS = 600;
const SNAP_BYTES = 96;
let lab: Lab;
let online: Redis;
let target: Redis;

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxm-${process.pid}`, removeOnExit: true });
  [online, target] = await Promise.all([startRedis(lab, 'online'), startRedis(lab, 'target')]);
});
afterAll(async () => lab?.down());

/** Record the headers of what arrives at the target's port; `end` counts segments that carry something (SYN, FIN, data), and those seen before. */
async function recordArrivals(): Promise<{ end(): Promise<{ segments: number; repeated: number }> }> {
  const filter = `tcp and dst host ${ADDRESS.target} and dst port 6379`;
  const recorder = await startTcpdump(lab, 'target', filter, ['-p', '-s', `${SNAP_BYTES}`, '-B', '131072']);
  return { end: async () => countRepeated(await recorder.end()) };
}

function countRepeated(bytes: Uint8Array): { segments: number; repeated: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ip = new IpView(view);
  const tcp = new TcpView(view);
  const seen = new Set<string>();
  let segments = 0;
  for (const { at, lengthBytes, wireBytes } of readCapture(bytes)) {
    if (!ip.moveTo(at, at + lengthBytes, wireBytes) || !tcp.moveTo(ip.payloadAt, at + lengthBytes))
      throw new Error('tcpdump recorded something that is not TCP');
    const payloadBytes = ip.totalBytes - (tcp.payloadAt - ip.at);
    if ((tcp.flags & RST) !== 0 || (payloadBytes === 0 && (tcp.flags & SYN) === 0)) continue;
    segments++;
    seen.add(`${ip.source(3)}:${tcp.sourcePort}:${tcp.seq}`);
  }
  return { segments, repeated: segments - seen.size };
}

async function holdUp(pid: number, forMs: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, forMs));
  process.kill(pid, 'SIGCONT');
}

describe.each(['off', 'on'] as const)(`${CONNECTIONS} connections, offloads %s`, (offload) => {
  let pair: Pair;
  beforeAll(async () => {
    await lab.offload(offload);
    pair = await startPair(lab, ['-x', `6379-${ADDRESS.target}:6379`, '--stats']);
  });

  test('every request is executed by both, fewer than 0.1 % of the segments are sent twice, even though the assistant is held up in the middle', async () => {
    const atClient = await watchClient(lab);
    const arrivals = await recordArrivals();
    const counted = await countCommands(online, target, async () => {
      const load = lab.mustExec('client', ['redis-benchmark', '-h', ADDRESS.online, '-q', '-c', `${CONNECTIONS}`, '-n', '50000', '-t', 'set'], {
        timeoutMs: 60_000,
      });
      await waitUntil(() => (lastStats(pair.online)?.ledger.exchanges.delivered ?? 0) > 0, { what: 'copies are answered', timeoutMs: 20_000 });
      await holdUp(childPathOf(pair.assistant), HELD_UP_MS);
      await load;
    });
    const { segments, repeated } = await arrivals.end();
    expect(counted.online).toBeGreaterThanOrEqual(50_000);
    expect(counted.target, accountOf(pair.online)).toBe(counted.online);
    expect(segments).toBeGreaterThan(counted.online);
    console.log(`${repeated} of ${segments} segments were sent twice`);
    expect(repeated / segments, `${repeated} of ${segments} segments`).toBeLessThan(0.001);
    expect(await atClient.end(), 'nothing of the target reaches a client').toEqual([]);
  });

  test('all are reset on the target when the agent stops, and their clients go on', async () => {
    const script = `const net = require('node:net'); let open = 0, answers = 0; const all = [];
      for (let i = 0; i < ${CONNECTIONS}; i++) {
        const socket = net.connect({ host: '${ADDRESS.online}', port: 6379, localAddress: '10.90.0.' + (10 + i % 10) }, () => socket.write('PING\\r\\n'));
        all.push(socket);
        socket.once('data', () => { if (++open === ${CONNECTIONS}) console.log('open'); });
        socket.on('error', () => process.exit(1)).on('close', () => process.exit(1));
      }
      process.stdin.once('data', () => {
        for (const socket of all) { socket.once('data', () => { if (++answers === all.length) console.log('answered'); }); socket.write('PING\\r\\n'); }
      }).on('end', () => process.exit(0));`;
    const client = lab.spawn('client', [process.execPath, '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    let words = '';
    client.stdout?.on('data', (chunk: Buffer) => {
      words += chunk.toString();
    });
    await waitUntil(() => words.includes('open'), { what: 'all clients have an answer', timeoutMs: 20_000 });
    await waitUntil(() => establishedOn(lab, 'target', 6379).length === CONNECTIONS, { what: 'all copies are established', timeoutMs: 20_000, pollMs: 200 });
    const atClient = await watchClient(lab);
    expect(await pair.online.stop()).toBe(0);
    expect(establishedOn(lab, 'target', 6379)).toEqual([]);
    expect(establishedOn(lab, 'online', 6379).length).toBe(CONNECTIONS);
    client.stdin?.write('once more\n');
    await waitUntil(() => words.includes('answered'), { what: 'all clients have another answer', timeoutMs: 20_000 });
    expect(await atClient.end(), 'nothing of the target reaches a client').toEqual([]);
    const gone = new Promise((resolve) => client.once('exit', resolve));
    client.stdin?.end();
    await gone;
    expect(await pair.assistant.stop()).toBe(0);
  });
});
