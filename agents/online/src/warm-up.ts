// The first thousands of packets would run in V8's interpreter, many times slower, while the ring fills. So the packet path rehearses before it says that it
// is open: a throw-away engine mirrors made-up conversations through the same classes, and nothing of it can leave, because no destination is allowed yet.
import { hostClock, RECORD_PREFIX_BYTES, recordBytes } from '@parallax/agent-kit/child';
import { type Capture, type FrameBatch, type Io, OUTGOING } from '@parallax/device';
import { Engine, SteadyClock } from '@parallax/engine';
import { ACK, type AddressWords, FIN, PSH, parseAddress, Segment, SYN, writeSegment } from '@parallax/wire';
import { EffectsPort } from './effects-port.ts';
import { AnswerReader, Pipeline } from './pipeline.ts';

/** Longest rehearsal; a slow host stops in between. */
const WITHIN_MS = 400;
const CONVERSATIONS = 256;
const EXCHANGES = 24;
/** Then some rest, are parked and woken again and again, for so long at most. */
const SLEEPERS = 64;
const SLEEPS = 60;
const SLEEP_WITHIN_MS = 150;
/** Frames at the end of the store. */
const FRAME_BYTES = 2048;
const PAYLOAD_BYTES = [40, 1000, 1448] as const;
const SCRATCH_BYTES = 64 * 1024;

// TEST-NET-1 and -2 (RFC 5737): addresses that nobody has.
const client: AddressWords = parseAddress('192.0.2.1')!;
const server: AddressWords = parseAddress('192.0.2.2')!;
const target: AddressWords = parseAddress('198.51.100.1')!;
const PORT = 1;

/** What the device would say of frames written by hand. */
class Stage implements Capture {
  #held: { at: number; bytes: number; flags: number }[] = [];
  add(at: number, bytes: number, flags: number): void {
    this.#held.push({ at, bytes, flags });
  }
  take(batch: FrameBatch): number {
    batch.count = this.#held.length;
    for (const [index, { at, bytes, flags }] of this.#held.entries()) {
      batch.at[index] = at;
      batch.lengthBytes[index] = batch.wireBytes[index] = bytes;
      batch.capturedAtUs[index] = Date.now() * 1000 + 0.5;
      batch.flags[index] = flags;
    }
    this.#held = [];
    return batch.count;
  }
  release(): void {}
  onReadable(): void {}
  setFilter(): void {}
  counters() {
    return { captured: 0, dropped: 0, truncated: 0 };
  }
  close(): void {}
}

/** Run the packet path's code until V8 has compiled it. The device must be open, nothing allowed and nobody reading it. Returns how often a session was parked. */
export function warmUp({ memory, storeAt, storeBytes, inject }: Io, withinMs = WITHIN_MS, sleepWithinMs = SLEEP_WITHIN_MS): number {
  const framesAt = storeAt + storeBytes - SCRATCH_BYTES;
  const stage = new Stage();
  const port = new EffectsPort(inject!, { ask: () => {}, refuse: () => {}, notUnderstood: () => {} });
  const options = {
    memory,
    storeAt,
    storeBytes: storeBytes - SCRATCH_BYTES,
    seed: 1,
    nowMs: performance.now(),
    timestampBaseMs: 0,
    limits: { parkAfterMs: 0, delayedAckMs: 0 },
  };
  const engine = new Engine(options, port);
  engine.addMapping({
    id: 'rehearsal',
    listen: { address: null, port: PORT },
    target: { address: '198.51.100.1', port: PORT },
    multiplier: 1,
    pacing: 'response',
    midStream: 'boundary',
  });
  engine.setRelayUp('rehearsal', true, performance.now());
  const pipeline = new Pipeline(memory, stage, inject!, engine, new SteadyClock(hostClock, () => {}));
  const scratch = new DataView(new ArrayBuffer(4096));
  const reader = new AnswerReader(scratch);
  const segment = new Segment();
  segment.window = 1000;

  const fill = (from: AddressWords, to: AddressWords, clientPort: number, flags: number, seq: number, ack: number, payloadBytes: number): void => {
    const isFromClient = from === client;
    segment.source = from;
    segment.destination = to;
    segment.sourcePort = isFromClient ? clientPort : PORT;
    segment.destinationPort = isFromClient ? PORT : clientPort;
    segment.flags = flags;
    segment.seq = seq;
    segment.ack = ack;
    segment.mssBytes = (flags & SYN) !== 0 ? 1460 : 0;
    segment.windowScale = (flags & SYN) !== 0 ? 7 : -1;
    segment.hasTimestamps = true;
    segment.payloadAt = framesAt;
    segment.payloadBytes = payloadBytes;
  };
  /** A frame is captured; several may come in one batch. */
  const captured = (slot: number, from: AddressWords, clientPort: number, flags: number, seq: number, ack: number, payloadBytes: number): void => {
    fill(from, from === client ? server : client, clientPort, flags, seq, ack, payloadBytes);
    const at = framesAt + (1 + slot) * FRAME_BYTES;
    stage.add(at, writeSegment(memory.view, memory.bytes, at, segment), from === client ? 0 : OUTGOING);
  };
  /** An answer of the target comes over the relay. */
  const answered = (clientPort: number, flags: number, seq: number, ack: number, payloadBytes: number): void => {
    fill(target, client, clientPort, flags, seq, ack, 0);
    const at = framesAt + FRAME_BYTES;
    const headerBytes = writeSegment(memory.view, memory.bytes, at, segment);
    memory.view.setUint16(at + 2, headerBytes + payloadBytes);
    scratch.setUint16(0, headerBytes);
    scratch.setUint32(4, headerBytes + payloadBytes);
    scratch.setFloat64(8, Date.now() * 1000 + 0.5);
    new Uint8Array(scratch.buffer).set(memory.bytes.subarray(at, at + headerBytes), RECORD_PREFIX_BYTES);
    pipeline.onAnswers(reader, 0, recordBytes(headerBytes));
  };

  const [serverIss, targetIss] = [5000, 900_000];
  /** A conversation, from its beginning to where its end could be; returns how many numbers its client has said. */
  const talk = (clientPort: number, clientIss: number, exchanges: number): number => {
    captured(0, client, clientPort, SYN, clientIss, 0, 0);
    captured(1, server, clientPort, SYN | ACK, serverIss, clientIss + 1, 0);
    captured(2, client, clientPort, ACK, clientIss + 1, serverIss + 1, 0);
    pipeline.drain();
    answered(clientPort, SYN | ACK, targetIss, clientIss + 1, 0);
    let said = 1;
    for (let exchange = 0; exchange < exchanges; exchange++) {
      const bytes = PAYLOAD_BYTES[exchange % PAYLOAD_BYTES.length]!;
      captured(0, client, clientPort, ACK | PSH, clientIss + said, serverIss + 1 + exchange * 5, bytes);
      said += bytes;
      captured(1, server, clientPort, ACK | PSH, serverIss + 1 + exchange * 5, clientIss + said, 5);
      pipeline.drain();
      answered(clientPort, ACK | PSH, targetIss + 1 + exchange * 5, clientIss + said, 5);
    }
    return said;
  };

  const endMs = performance.now() + withinMs;
  for (let conversation = 0; conversation < CONVERSATIONS && performance.now() < endMs; conversation++) {
    const clientPort = 20_000 + conversation;
    const clientIss = conversation * 7919;
    const said = talk(clientPort, clientIss, EXCHANGES);
    const [serverEnd, targetEnd] = [serverIss + 1 + EXCHANGES * 5, targetIss + 1 + EXCHANGES * 5];
    captured(0, client, clientPort, ACK | FIN, clientIss + said, serverEnd, 0);
    captured(1, server, clientPort, ACK | FIN, serverEnd, clientIss + said + 1, 0);
    pipeline.drain();
    answered(clientPort, ACK | FIN, targetEnd, clientIss + said + 1, 0);
    pipeline.tick();
  }

  const wakeUntilMs = performance.now() + sleepWithinMs;
  for (let sleeper = 0; sleeper < SLEEPERS; sleeper++) talk(30_000 + sleeper, sleeper, 1);
  for (let sleep = 0; sleep < SLEEPS && performance.now() < wakeUntilMs; sleep++) {
    while (engine.sessionsParked < SLEEPERS && performance.now() < wakeUntilMs) pipeline.tick();
    for (let sleeper = 0; sleeper < SLEEPERS; sleeper++) {
      if (sleep % 2 === 0) captured(0, client, 30_000 + sleeper, ACK, sleeper + 41, serverIss + 6, 0);
      else answered(30_000 + sleeper, ACK, targetIss + 6, sleeper + 41, 0);
      pipeline.drain();
    }
  }
  return engine.parks;
}
