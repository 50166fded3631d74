// `npm run bench:stages`: what each stage of the packet path costs in JavaScript alone, ns per packet, and what a session takes of memory.
// Needs no root and no network.

import type { Socket } from 'node:net';
import { RecordView, Relay } from '@parallax/agent-kit/child';
import { ACK, completeChecksum, PSH, parseAddress, Segment, writePartialSegment } from '@parallax/wire';
import { Conversations } from './conversations.ts';

const usage = 'usage: npm run bench:stages   (it takes no options and some 15 seconds)';
const [word] = process.argv.slice(2);
if (word === '--help' || word === '-h') {
  console.log(usage);
  process.exit(0);
}
if (word !== undefined) {
  console.error(`bench:stages: "${word}" is not known\n${usage}`);
  process.exit(2);
}

const ROUNDS_MS = 400;
const REQUEST_BYTES = 45;
const MOST_REST_MS = 60_000;

/** The smallest mean over a few tries, ns per call of `count` packets. */
function nsPer(count: number, run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  const endMs = performance.now() + ROUNDS_MS;
  while (performance.now() < endMs) {
    const startedMs = performance.now();
    let packets = 0;
    do {
      run();
      packets += count;
    } while (performance.now() - startedMs < 5);
    best = Math.min(best, ((performance.now() - startedMs) * 1e6) / packets);
  }
  return best;
}

/** Each stage's share of whole rounds, ns per packet; the median over many. */
function engineStages(count: number): Record<string, number> {
  const all = new Conversations(count, REQUEST_BYTES);
  all.open();
  const stages = ['requests', 'responses', 'copies', 'answers', 'time'] as const;
  const samples: Record<string, number[]> = Object.fromEntries(stages.map((stage) => [stage, []]));
  const endMs = performance.now() + 8 * ROUNDS_MS;
  for (let rounds = 0; rounds < 200 || performance.now() < endMs; rounds++) {
    all.nextRound();
    const before = all.injected;
    for (const stage of stages) {
      const startedMs = performance.now();
      all[stage]();
      if (rounds > 50) samples[stage]!.push(((performance.now() - startedMs) * 1e6) / count);
    }
    if (all.injected - before < count) throw new Error(`round ${rounds}: ${all.injected - before} segments of ${count} copies; the conversation broke`);
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  return {
    'headers read': nsPer(count, () => all.headers()),
    'request to copy': median(samples.requests!),
    'response of the online server': median(samples.responses!),
    'copy seen leaving': median(samples.copies!),
    'answer of the target': median(samples.answers!),
    'timers, per session': median(samples.time!),
  };
}

function wireStages(payloadBytes: number): Record<string, number> {
  const bytes = new Uint8Array(1 << 16);
  const view = new DataView(bytes.buffer);
  const segment = new Segment();
  Object.assign(segment, {
    source: parseAddress('10.0.0.1')!,
    destination: parseAddress('10.0.0.2')!,
    flags: ACK | PSH,
    hasTimestamps: true,
    payloadAt: 32_768,
    payloadBytes,
  });
  let length = 0;
  return {
    'segment written': nsPer(1000, () => {
      for (let times = 0; times < 1000; times++) length = writePartialSegment(view, bytes, (times & 7) * 2048, segment);
    }),
    'checksum in software': nsPer(1000, () => {
      for (let times = 0; times < 1000; times++) completeChecksum(view, (times & 7) * 2048, length);
    }),
  };
}

function relayStages(): Record<string, number> {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  const segment = new Segment();
  Object.assign(segment, { source: parseAddress('10.0.0.1')!, destination: parseAddress('10.0.0.2')!, flags: ACK | PSH, hasTimestamps: true });
  writePartialSegment(view, bytes, 0, segment);
  let written: Uint8Array = new Uint8Array();
  const socket = {
    writableLength: 0,
    write: (chunk: Uint8Array) => {
      written = chunk;
      return true;
    },
  } as unknown as Socket;
  const relay = new Relay(socket);
  const BATCH = 8;
  const fill = () => {
    for (let times = 0; times < BATCH; times++) relay.add(view, 0, 52, 57, 1e15);
    relay.flush();
  };
  fill();
  const record = new RecordView(new DataView(written.buffer, written.byteOffset, written.length));
  return {
    'record added, 8 to a write': nsPer(BATCH * 100, () => {
      for (let times = 0; times < 100; times++) fill();
    }),
    'record read': nsPer(BATCH * 100, () => {
      for (let times = 0; times < 100; times++) for (let at = 5; record.moveTo(at, written.length); ) at = record.nextAt;
    }),
  };
}

/** Bytes of heap and typed arrays per session, a moment after its exchange and when it has been at rest for long enough to be parked. */
function bytesPerSession(count: number): { awake: number; parked: number } | null {
  const { gc } = globalThis;
  if (gc === undefined) return null;
  const used = () => {
    gc();
    gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const all = new Conversations(count, REQUEST_BYTES);
  const before = used();
  all.open();
  all.nextRound();
  for (const stage of ['requests', 'responses', 'copies', 'answers', 'time'] as const) all[stage]();
  const awake = (used() - before) / count;
  for (let ms = 0; ms < MOST_REST_MS && all.engine.sessionsParked < count; ms += 4) all.time();
  if (all.engine.sessionsParked < count) throw new Error(`${all.engine.sessionsParked} of ${count} sessions were parked`);
  return { awake, parked: (used() - before) / count };
}

const print = (title: string, figures: Record<string, number>) => {
  console.log(title);
  for (const [stage, ns] of Object.entries(figures)) console.log(`  ${stage.padEnd(34)} ${ns.toFixed(0).padStart(6)}`);
};

for (const count of [50, 20_000]) print(`engine, ${count} sessions, ns per packet`, engineStages(count));
for (const payloadBytes of [45, 1448]) print(`wire, ${payloadBytes} bytes of payload, ns per packet`, wireStages(payloadBytes));
print('relay, ns per record', relayStages());
const session = bytesPerSession(20_000);
if (session === null) console.log('memory: run node with --expose-gc');
else console.log(`memory: ${session.parked.toFixed(0)} bytes of heap per idle session of one copy; before it was parked ${session.awake.toFixed(0)}`);
