// Made-up conversations through a whole packet path, as its ring and its relay would tell of them (warm-up.ts).
import { hostClock, RECORD_PREFIX_BYTES, recordBytes } from '@parallax/agent-kit/child';
import { type Io, type Memory, STAGE_BYTES, type Stage } from '@parallax/device';
import { Engine, type Limits, type Session, SteadyClock } from '@parallax/engine';
import { ACK, type AddressWords, FIN, PSH, parseAddress, Segment, SYN, writeSegment } from '@parallax/wire';
import { EffectsPort } from './effects-port.ts';
import { AnswerReader, Pipeline } from './pipeline.ts';
import { PlainStage } from './plain-stage.ts';
import { Sampler } from './sampler.ts';

/** Clients that speak at the same time, and how often each asks. */
const CLIENTS = 16;
const EXCHANGES = 24;
const SLEEPERS = 64;
const SLEEPS = 60;
/** At the end of the store: room for what is said and for one header, and behind it the stage. */
const FRAME_BYTES = 2048;
const SCRATCH_BYTES = FRAME_BYTES + STAGE_BYTES;
/** Headers that the kernel keeps of what this host sends. */
const KEPT_BYTES = 128;
/** Clients offer SACK with their SYN (RFC 2018 §2): where two NOPs are else, behind MSS and window scale. */
const SYN_PADDING_AT = 20 + 20 + 4 + 4;
const SACK_PERMITTED = 0x0402;
const MOST_HEADER_BYTES = 128;
const RECORDS_BYTES = 2 * CLIENTS * (MOST_HEADER_BYTES + RECORD_PREFIX_BYTES);

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const requests = [
  text('*3\r\n$3\r\nSET\r\n$16\r\nkey:__rand_int__\r\n$3\r\nxxx\r\n'),
  text('GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: 192.0.2.2\r\nAccept: */*\r\n\r\n'),
  new Uint8Array(1448).fill(0x20),
];
const RESPONSE_BYTES = [5, 700] as const;

// TEST-NET-1 and -2 (RFC 5737): addresses that nobody has.
const client: AddressWords = parseAddress('192.0.2.1')!;
const server: AddressWords = parseAddress('192.0.2.2')!;
const target: AddressWords = parseAddress('198.51.100.1')!;
const PORT = 1;
const TARGET = { address: '198.51.100.1', port: PORT };
const CLIENT_PORT = 20_000;
const SLEEPER_PORT = 30_000;
const [SERVER_ISS, TARGET_ISS] = [5000, 900_000];

/** What one client and both its servers have said. */
interface Talk {
  port: number;
  iss: number;
  said: number;
  heard: number;
  /** Of the target. */
  answered: number;
}

export class Rehearsal {
  readonly #memory: Memory;
  readonly #framesAt: number;
  readonly #stage: Stage;
  readonly #engine: Engine;
  readonly #pipeline: Pipeline;
  readonly #sampler: Sampler;
  readonly #segment = new Segment();
  readonly #records = new DataView(new ArrayBuffer(RECORDS_BYTES));
  readonly #reader = new AnswerReader(this.#records);
  #recordsEnd = 0;
  /** Makes spans differ, in whole steps of a nanosecond's fraction of a µs as the kernel's are. */
  #jitter = 1;

  /** `limits` are those of the engine that will be there next: where they differ in kind, V8 sees another shape. */
  constructor(io: Io, limits: Partial<Limits>) {
    const { memory, storeAt, storeBytes } = io;
    this.#memory = memory;
    this.#framesAt = storeAt + storeBytes - SCRATCH_BYTES;
    this.#stage = io.stage(this.#framesAt + FRAME_BYTES) ?? new PlainStage(this.#framesAt + FRAME_BYTES, io.inject!);
    const { capture, inject } = this.#stage;
    const port = new EffectsPort(inject, { ask: () => {}, refuse: () => {}, notUnderstood: () => {} });
    this.#engine = new Engine(
      {
        memory,
        storeAt,
        storeBytes: storeBytes - SCRATCH_BYTES,
        seed: 1,
        nowMs: performance.now(),
        timestampBaseMs: Date.now() | 0,
        limits: { ...limits, parkAfterMs: 0, delayedAckMs: 1, lingerMs: 20, probeLeastMs: 2, rtoMinMs: 200 },
      },
      port,
    );
    const mapping = this.#engine.addMapping({
      id: 'rehearsal',
      listen: { address: null, port: PORT },
      target: TARGET,
      multiplier: 1,
      pacing: 'response',
      midStream: 'boundary',
    });
    this.#sampler = new Sampler(mapping, { captureDropped: 0, sendFailed: 0 });
    port.sampleTo(mapping, this.#sampler);
    this.#engine.setRelayUp('rehearsal', true, performance.now());
    this.#pipeline = new Pipeline(memory, capture, inject, this.#engine, new SteadyClock(hostClock, () => {}));
    this.#segment.window = 1000;
    this.#segment.hasTimestamps = true;
    this.#segment.payloadAt = this.#framesAt;
  }

  /** Groups of clients open, ask and are answered, and close, until then at most. */
  converse(groups: number, untilMs: number): void {
    for (let group = 0; group < groups && performance.now() < untilMs; group++) {
      const talks = Array.from({ length: CLIENTS }, (_, index) => this.#talk(CLIENT_PORT + group * CLIENTS + index, (group * CLIENTS + index) * 7919));
      if (this.#stage.isApart) this.#stage.inject.allow([TARGET]); // the ways there are looked at anew, as once a second
      if (group % 2 === 0) this.#open(talks);
      else this.#openAsking(talks);
      for (let exchange = 0; exchange < EXCHANGES; exchange++) {
        const [requestBytes, responseBytes] = this.#choose(group, exchange);
        if (exchange % 8 === 5) this.#fallBehind(talks, requestBytes, responseBytes, 2 + (group >> 2));
        else this.#exchange(talks, requestBytes, responseBytes, exchange % 4 === 3);
        this.#pipeline.tick();
      }
      for (const [index, talk] of talks.entries()) this.#close(talk, index % 2 === 0);
    }
  }

  /** All ask, and are answered by one server after the other. */
  #exchange(talks: readonly Talk[], requestBytes: number, responseBytes: number, isTargetFirst: boolean): void {
    for (const talk of talks) this.#ask(talk, requestBytes);
    this.#pipeline.drain();
    if (isTargetFirst) this.#answerAll(talks, requestBytes, responseBytes);
    for (const [index, talk] of talks.entries()) {
      if (index % 2 === 0) this.#left(talk, requestBytes);
      this.#respond(talk, responseBytes);
      if (index % 2 === 1) this.#left(talk, requestBytes);
    }
    this.#pipeline.drain();
    if (!isTargetFirst) this.#answerAll(talks, requestBytes, responseBytes);
  }

  /** The target is slow: clients ask `times` more, the last time in two segments, before it has answered the first. */
  #fallBehind(talks: readonly Talk[], requestBytes: number, responseBytes: number, times: number): void {
    for (const talk of talks) this.#ask(talk, requestBytes);
    const asked = talks.map(({ said }) => [said]);
    for (let more = 1; more <= times; more++) {
      for (const [index, talk] of talks.entries()) {
        this.#respond(talk, responseBytes);
        this.#ask(talk, requestBytes);
        if (more === times) this.#ask(talk, requestBytes);
        asked[index]!.push(talk.said);
      }
      this.#pipeline.drain();
    }
    for (const talk of talks) this.#respond(talk, responseBytes);
    this.#pipeline.drain();
    for (let turn = 0; turn <= times; turn++) {
      for (const [index, talk] of talks.entries()) {
        this.#fromTarget(talk, ACK | PSH, responseBytes, asked[index]![turn]);
        talk.answered += responseBytes;
      }
      this.#told();
    }
  }

  /** Some rest, are parked and woken again and again, until then at most. Returns how often one was parked. */
  sleep(untilMs: number): number {
    const sleepers = Array.from({ length: SLEEPERS }, (_, index) => this.#talk(SLEEPER_PORT + index, index));
    const [requestBytes, responseBytes] = this.#choose(0, 0);
    for (const sleeper of sleepers) {
      this.#open([sleeper]);
      this.#ask(sleeper, requestBytes);
      this.#respond(sleeper, responseBytes);
      this.#pipeline.drain();
      this.#answerAll([sleeper], requestBytes, responseBytes);
    }
    for (let sleep = 0; sleep < SLEEPS && performance.now() < untilMs; sleep++) {
      while (this.#engine.sessionsParked < SLEEPERS && performance.now() < untilMs) this.#pipeline.tick();
      for (const sleeper of sleepers) {
        if (sleep % 2 === 0) this.#fromClient(sleeper, ACK, 0);
        else this.#fromTarget(sleeper, ACK, 0);
        this.#pipeline.drain();
        this.#told();
      }
    }
    return this.#engine.parks;
  }

  close(): void {
    this.#stage.close();
  }

  /** What comes and goes while a packet path runs: a session with all that belongs to one, in the middle of an exchange, and what measures it and reads a relay. */
  specimens(): [Session, Sampler, AnswerReader] {
    const talk = this.#talk(CLIENT_PORT - 1, 1);
    const [requestBytes, responseBytes] = this.#choose(0, 0);
    this.#open([talk]);
    this.#fallBehind([talk], requestBytes, responseBytes, 2);
    this.#ask(talk, requestBytes);
    this.#pipeline.drain();
    for (const session of this.#engine.sessionsAwake()) if (session.clientPort === talk.port) return [session, this.#sampler, this.#reader];
    throw new Error('the session that was opened just now is not there');
  }

  #talk(port: number, iss: number): Talk {
    return { port, iss, said: 0, heard: 0, answered: 0 };
  }

  /** What is asked in this exchange, and how long the answer is. */
  #choose(group: number, exchange: number): [requestBytes: number, responseBytes: number] {
    const request = requests[exchange % 8 === 7 ? 2 : group % 2]!;
    this.#memory.bytes.set(request, this.#framesAt);
    return [request.length, RESPONSE_BYTES[group % 2]!];
  }

  #open(talks: readonly Talk[]): void {
    for (const talk of talks) {
      this.#fromClient(talk, SYN, 0);
      talk.said = 1;
      this.#fromServer(talk, SYN | ACK, 0);
      talk.heard = 1;
      this.#fromClient(talk, ACK, 0);
    }
    this.#pipeline.drain();
    for (const talk of talks) {
      this.#fromTarget(talk, SYN | ACK, 0);
      talk.answered = 1;
    }
    this.#told();
  }

  /** Clients ask before the target has answered the copies' SYN. */
  #openAsking(talks: readonly Talk[]): void {
    const [requestBytes, responseBytes] = this.#choose(1, 0);
    for (const talk of talks) {
      this.#fromClient(talk, SYN, 0);
      talk.said = 1;
      this.#fromServer(talk, SYN | ACK, 0);
      talk.heard = 1;
      this.#ask(talk, requestBytes);
      this.#pipeline.drain();
      this.#respond(talk, responseBytes);
      this.#fromTarget(talk, SYN | ACK, 0, 1);
      talk.answered = 1;
    }
    this.#told();
    this.#answerAll(talks, requestBytes, responseBytes);
  }

  #ask(talk: Talk, requestBytes: number): void {
    this.#fromClient(talk, ACK | PSH, requestBytes);
    talk.said += requestBytes;
  }

  #respond(talk: Talk, responseBytes: number): void {
    this.#fromServer(talk, ACK | PSH, responseBytes);
    talk.heard += responseBytes;
  }

  /** The target's answers to the request that was asked last come together, some behind a mere acknowledgement. */
  #answerAll(talks: readonly Talk[], requestBytes: number, responseBytes: number): void {
    for (const [index, talk] of talks.entries()) {
      if (requestBytes > 1000 && index % 2 === 0) this.#fromTarget(talk, ACK, 0);
      this.#fromTarget(talk, ACK | PSH, responseBytes);
      talk.answered += responseBytes;
    }
    this.#told();
  }

  #close(talk: Talk, isAsking: boolean): void {
    const [requestBytes, responseBytes] = this.#choose(0, 0);
    if (isAsking) {
      this.#ask(talk, requestBytes);
      this.#respond(talk, responseBytes);
    }
    this.#fromClient(talk, ACK | FIN, 0);
    talk.said++;
    this.#fromServer(talk, ACK | FIN, 0);
    this.#pipeline.drain();
    if (isAsking) {
      this.#fromTarget(talk, ACK | PSH, responseBytes, talk.said - 1);
      talk.answered += responseBytes;
    }
    this.#fromTarget(talk, ACK | FIN, 0);
    this.#told();
    this.#pipeline.tick();
  }

  #fromClient({ port, iss, said, heard }: Talk, flags: number, payloadBytes: number): void {
    this.#captured(client, port, server, PORT, flags, iss + said, heard === 0 ? 0 : SERVER_ISS + heard, payloadBytes, false);
  }
  #fromServer({ port, iss, said, heard }: Talk, flags: number, payloadBytes: number): void {
    this.#captured(server, PORT, client, port, flags, SERVER_ISS + heard, iss + said, payloadBytes, true);
  }
  /** The copy's own request is seen as it leaves. */
  #left({ port, iss, said, answered }: Talk, payloadBytes: number): void {
    this.#captured(client, port, target, PORT, ACK | PSH, iss + said - payloadBytes, TARGET_ISS + answered, payloadBytes, true);
  }

  #captured(
    source: AddressWords,
    sourcePort: number,
    destination: AddressWords,
    destinationPort: number,
    flags: number,
    seq: number,
    ack: number,
    payloadBytes: number,
    isOutgoing: boolean,
  ): void {
    this.#fill(source, sourcePort, destination, destinationPort, flags, seq, ack, payloadBytes);
    const { frameAt } = this.#stage;
    const wireBytes = writeSegment(this.#memory.view, this.#memory.bytes, frameAt, this.#segment);
    if ((flags & SYN) !== 0) this.#memory.view.setUint16(frameAt + SYN_PADDING_AT, SACK_PERMITTED);
    this.#stage.add(isOutgoing ? Math.min(wireBytes, KEPT_BYTES) : wireBytes, wireBytes, this.#nowUs(), isOutgoing);
  }

  /** Told to the packet path with the next `#told`. */
  #fromTarget({ port, iss, said, answered }: Talk, flags: number, payloadBytes: number, heard = said): void {
    this.#fill(target, PORT, client, port, flags, TARGET_ISS + answered, iss + heard, 0);
    const { view, bytes } = this.#memory;
    const at = this.#framesAt + FRAME_BYTES - MOST_HEADER_BYTES;
    const headerBytes = writeSegment(view, bytes, at, this.#segment);
    view.setUint16(at + 2, headerBytes + payloadBytes);
    const records = this.#records;
    const recordAt = this.#recordsEnd;
    records.setUint16(recordAt, headerBytes);
    records.setUint16(recordAt + 2, 0);
    records.setUint32(recordAt + 4, headerBytes + payloadBytes);
    records.setFloat64(recordAt + 8, this.#nowUs());
    new Uint8Array(records.buffer).set(bytes.subarray(at, at + headerBytes), recordAt + RECORD_PREFIX_BYTES);
    this.#recordsEnd += recordBytes(headerBytes);
  }

  /** The answers come over the relay. */
  #told(): void {
    if (this.#recordsEnd > 0) this.#pipeline.onAnswers(this.#reader, 0, this.#recordsEnd);
    this.#recordsEnd = 0;
  }

  #fill(
    source: AddressWords,
    sourcePort: number,
    destination: AddressWords,
    destinationPort: number,
    flags: number,
    seq: number,
    ack: number,
    payloadBytes: number,
  ): void {
    const segment = this.#segment;
    segment.source = source;
    segment.sourcePort = sourcePort;
    segment.destination = destination;
    segment.destinationPort = destinationPort;
    segment.flags = flags;
    segment.seq = seq;
    segment.ack = ack;
    segment.mssBytes = (flags & SYN) !== 0 ? 1460 : 0;
    segment.windowScale = (flags & SYN) !== 0 ? 7 : -1;
    segment.tsVal = this.#jitter;
    segment.payloadBytes = payloadBytes;
  }

  /** The kernel's times have fractions, and spans differ. */
  #nowUs(): number {
    this.#jitter = (Math.imul(this.#jitter, 48_271) & 0x7fff_ffff) | 1;
    return (performance.timeOrigin + performance.now()) * 1000 + (this.#jitter % 300_000) / 1000;
  }
}
