// Runs inside a network namespace and does what the conformance test says: one JSON command per line in, one answer per line out.

import { createHash } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import { createInterface } from 'node:readline';
import { Segment } from '@parallax/wire';
import { parseAddress } from '../address.ts';
import { FrameBatch, type Io, type IoOptions, OUTGOING } from '../contract.ts';
import { answersFilter, mirrorFilter } from '../filters.ts';
import { pcapFilter } from '../libpcap.ts';
import { offloadsOf } from '../offloads.ts';
import { openIo } from '../open.ts';
import { refuseRings } from './refuse-rings.ts';

/** How a command names a filter. */
export type FilterWords =
  | { mirror: { address: string | null; port: number }[] }
  | { answers: { address: string; port: number }[] }
  | { expression: string; snapBytes?: number };

export interface CapturedFrame {
  hex: string;
  wireBytes: number;
  capturedAtUs: number;
  flags: number;
}

/** A segment as words; its payload as hex. */
export interface SegmentWords {
  from: string;
  to: string;
  fromPort: number;
  toPort: number;
  seq: number;
  ack: number;
  flags: number;
  payload: string;
  /** TSval and TSecr. */
  timestamps?: [number, number];
}

type OpenWords = Omit<IoOptions, 'filter'> & { filter: FilterWords /** Take frames as they come. */; consume: boolean };

let io: Io | undefined;
let frames: (Omit<CapturedFrame, 'hex'> & { bytes: Buffer })[] = [];
let rounds = 0;
const heldBatch = new FrameBatch(64);
/** Sequence numbers of packets that did not leave. */
let unsent: number[] = [];
const servers: Server[] = [];
const received = new Map<number, { bytes: number; sha256: string }[]>();

export const commands = {
  open({ filter, consume, ...options }: OpenWords) {
    const opened = openIo({ ...options, filter: filterOf(filter) });
    io = opened;
    io.inject?.onUnsent((at) => unsent.push(opened.memory.view.getUint32(at + (opened.memory.view.getUint8(at) >> 4 === 4 ? 24 : 44))));
    if (consume) commands.consume();
    return { backend: io.backend, why: io.why, storeAt: io.storeAt, memoryBytes: io.memory.bytes.length };
  },
  consume() {
    const { capture, memory } = io!;
    const batch = new FrameBatch(64);
    capture.onReadable(() => {
      rounds++;
      while (capture.take(batch) > 0) {
        for (let index = 0; index < batch.count; index++) {
          const at = batch.at[index]!;
          frames.push({
            bytes: Buffer.from(memory.bytes.subarray(at, at + batch.lengthBytes[index]!)),
            wireBytes: batch.wireBytes[index]!,
            capturedAtUs: batch.capturedAtUs[index]!,
            flags: batch.flags[index]!,
          });
        }
        capture.release();
      }
    });
  },
  /** Take once and release nothing, though told of more: what the frames say, now and as often as asked. */
  hold(): string[] {
    io!.capture.take(heldBatch);
    io!.capture.onReadable(() => {});
    return commands.held();
  },
  held(): string[] {
    const { bytes } = io!.memory;
    return Array.from({ length: heldBatch.count }, (_, index) => {
      const at = heldBatch.at[index]!;
      return Buffer.from(bytes.subarray(at, at + heldBatch.lengthBytes[index]!)).toString('hex');
    });
  },
  letGo: () => io!.capture.release(),
  /** Everything captured since the last time. */
  frames(): CapturedFrame[] {
    const taken = frames;
    frames = [];
    return taken.map(({ bytes, ...frame }) => ({ hex: bytes.toString('hex'), ...frame }));
  },
  /** The client's byte stream to a port of this host, put together from the frames captured so far. IP headers without options. */
  stream({ port, version }: { port: number; version: 4 | 6 }) {
    const tcp = version === 4 ? 20 : 40;
    const segments = frames.filter(({ bytes, flags }) => (flags & OUTGOING) === 0 && bytes[0]! >> 4 === version && bytes.readUInt16BE(tcp + 2) === port);
    const syn = segments.find(({ bytes }) => (bytes[tcp + 13]! & 0x02) !== 0);
    if (syn === undefined) return { bytes: 0, sha256: '', longestBytes: 0, wholeFrames: true };
    const first = syn.bytes.readUInt32BE(tcp + 4) + 1;
    const pieces = segments.map(({ bytes }) => ({
      at: (bytes.readUInt32BE(tcp + 4) - first) >>> 0,
      data: bytes.subarray(tcp + (bytes[tcp + 12]! >> 4) * 4),
    }));
    const stream: Buffer[] = [];
    let next = 0;
    for (const { at, data } of pieces.filter((piece) => piece.data.length > 0).sort((a, b) => a.at - b.at)) {
      if (at > next) break; // a hole
      stream.push(data.subarray(Math.min(next - at, data.length)));
      next = Math.max(next, at + data.length);
    }
    return {
      bytes: next,
      sha256: createHash('sha256').update(Buffer.concat(stream)).digest('hex'),
      longestBytes: Math.max(...segments.map(({ wireBytes }) => wireBytes)),
      wholeFrames: segments.every(({ bytes, wireBytes }) => bytes.length === wireBytes),
    };
  },
  collectGarbage: () => gc!(),
  refuseRings,
  offloads: (interfaceName: string) => offloadsOf(interfaceName),
  filter: (filter: FilterWords) => io!.capture.setFilter(filterOf(filter)),
  counters: () => ({ capture: io!.capture.counters(), inject: io!.inject?.counters(), rounds }),
  unsent() {
    const taken = unsent;
    unsent = [];
    return taken;
  },
  allow: (destinations: { address: string; port: number }[]) => io!.inject!.allow(destinations),
  /** Put each packet (hex) and flush once. */
  inject(packets: string[]) {
    const inject = io!.inject!;
    for (const packet of packets) inject.put(Buffer.from(packet, 'hex'));
    inject.flush();
    return inject.counters();
  },
  /** Send each segment, its payload in the store, and flush once. */
  send(segments: SegmentWords[]) {
    const { memory, storeAt } = io!;
    const inject = io!.inject!;
    const addresses = new Map(segments.flatMap(({ from, to }) => [from, to]).map((text) => [text, parseAddress(text).words]));
    let at = storeAt;
    for (const words of segments) {
      const payload = Buffer.from(words.payload, 'hex');
      memory.bytes.set(payload, at);
      const segment = new Segment();
      segment.source = addresses.get(words.from)!;
      segment.destination = addresses.get(words.to)!;
      segment.sourcePort = words.fromPort;
      segment.destinationPort = words.toPort;
      segment.seq = words.seq;
      segment.ack = words.ack;
      segment.flags = words.flags;
      segment.window = 65_535;
      [segment.tsVal, segment.tsEcr] = words.timestamps ?? [0, 0];
      segment.hasTimestamps = words.timestamps !== undefined;
      segment.payloadAt = at;
      segment.payloadBytes = payload.length;
      inject.send(segment);
      at += payload.length;
    }
    inject.flush();
    return inject.counters();
  },
  /** Twice, which must do no harm, and read the memory afterwards, which must still be there. */
  close() {
    if (io === undefined) return 0;
    const { memory } = io;
    io.close();
    io.close();
    io = undefined;
    frames = [];
    return memory.bytes.lastIndexOf(0);
  },
  /** Accept connections, hash what comes, answer with "ok" when the client has finished. */
  listen: ({ address, port }: { address: string; port: number }) =>
    new Promise<void>((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        const hash = createHash('sha256');
        let bytes = 0;
        socket.on('data', (data) => {
          hash.update(data);
          bytes += data.length;
        });
        socket.on('end', () => {
          received.set(port, [...(received.get(port) ?? []), { bytes, sha256: hash.digest('hex') }]);
          socket.end('ok');
        });
        socket.on('error', () => socket.destroy());
      });
      servers.push(server);
      server.on('error', reject).listen(port, address, () => resolve());
    }),
  /** Connect, send so many bytes of the pattern, wait for the answer and the end. Returns the port used. */
  talk: ({ address, port, bytes }: { address: string; port: number; bytes: number }) =>
    new Promise<number>((resolve, reject) => {
      const socket = connect({ host: address, port }, () => socket.end(pattern(bytes)));
      socket.on('connect', () => socket.resume().on('end', () => resolve(socket.localPort!)));
      socket.on('error', reject);
    }),
  received: (port: number) => received.get(port) ?? [],
  cpuUs() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};

export type Commands = typeof commands;

/** Bytes that differ from place to place. */
export function pattern(bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, at) => (at * 31 + (at >> 8) * 7 + (at >> 16)) & 0xff);
}

function filterOf(words: FilterWords) {
  if ('mirror' in words) return mirrorFilter(words.mirror);
  if ('answers' in words) return answersFilter(words.answers);
  return pcapFilter(words.expression, words.snapBytes);
}

async function run(line: string): Promise<void> {
  const { id, command, argument } = JSON.parse(line) as { id: number; command: keyof Commands; argument: never };
  try {
    const result = await commands[command](argument);
    process.stdout.write(`${JSON.stringify({ id, result })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ id, error: error instanceof Error ? error.message : String(error) })}\n`);
  }
}

if (process.argv[2] === 'puppet') {
  createInterface({ input: process.stdin })
    .on('line', (line) => void run(line))
    .on('close', () => process.exit(0)); // whoever pulled the strings is gone
}
