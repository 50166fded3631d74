// The way of one packet through the online agent, from ring to engine to wire.

import { hostClock, MarkView, RecordView } from '@parallax/agent-kit/child';
import { AFTER_LOSS, type Capture, FrameBatch, type Inject, type Memory, OUTGOING } from '@parallax/device';
import type { Engine, SteadyClock } from '@parallax/engine';
import { IpView, PROTOCOL_TCP, TcpOptions, TcpView } from '@parallax/wire';

/** What could not be used, cumulative. */
export interface PipelineDrops {
  /** Captured frames that hold no whole TCP header, and those that are parts of IP packets. */
  malformed: number;
  fragments: number;
  /** Answers whose headers cannot be read, and those that belong to no copy. */
  malformedAnswers: number;
  unknownAnswers: number;
}

const TIME_ORIGIN_MS = performance.timeOrigin;

export class Pipeline {
  readonly drops: PipelineDrops = { malformed: 0, fragments: 0, malformedAnswers: 0, unknownAnswers: 0 };
  /** Records of answers that came over relays, cumulative. */
  answers = 0;
  readonly #capture: Capture;
  readonly #inject: Inject;
  readonly #engine: Engine;
  readonly #clock: SteadyClock;
  readonly #batch = new FrameBatch(256);
  readonly #ip: IpView;
  readonly #tcp: TcpView;
  readonly #options = new TcpOptions();

  constructor(memory: Memory, capture: Capture, inject: Inject, engine: Engine, clock: SteadyClock) {
    this.#capture = capture;
    this.#inject = inject;
    this.#engine = engine;
    this.#clock = clock;
    this.#ip = new IpView(memory.view);
    this.#tcp = new TcpView(memory.view);
    const ip = new IpView(memory.view);
    const tcp = new TcpView(memory.view);
    inject.onUnsent((at, lengthBytes) => {
      if (ip.moveTo(at, at + lengthBytes, lengthBytes) && tcp.moveTo(ip.payloadAt, at + lengthBytes)) engine.onSendFailed(ip, tcp);
    });
  }

  /** Take what was captured. The device ends its rounds, so that a burst does not starve timers and the relay. */
  drain(): void {
    const batch = this.#batch;
    const clock = this.#clock;
    clock.look();
    for (let count = this.#capture.take(batch); count > 0; count = this.#capture.take(batch)) {
      const nowMs = Math.floor(performance.now()); // whole, it is no object
      for (let index = 0; index < count; index++) {
        const capturedAtUs = clock.of(hostClock.captured(batch.capturedAtUs[index]!));
        this.#onFrame(batch.at[index]!, batch.lengthBytes[index]!, batch.wireBytes[index]!, capturedAtUs, batch.flags[index]!, nowMs);
      }
      this.#capture.release();
      this.leave();
    }
  }

  #onFrame(at: number, lengthBytes: number, wireBytes: number, capturedAtUs: number, flags: number, nowMs: number): void {
    const ip = this.#ip;
    const tcp = this.#tcp;
    const end = at + lengthBytes;
    if ((flags & AFTER_LOSS) !== 0) this.#engine.noteCaptureDrops(nowMs);
    if (!ip.moveTo(at, end, wireBytes) || ip.protocol !== PROTOCOL_TCP) {
      this.drops.malformed++;
      return;
    }
    if (ip.isFragment) {
      this.drops.fragments++;
      return;
    }
    if (!tcp.moveTo(ip.payloadAt, end)) {
      this.drops.malformed++;
      return;
    }
    const payloadAt = tcp.payloadAt;
    const payloadBytes = ip.at + ip.totalBytes - payloadAt;
    if (payloadBytes < 0) {
      this.drops.malformed++;
      return;
    }
    const keptBytes = Math.min(payloadBytes, end - payloadAt);
    if ((flags & OUTGOING) !== 0) return this.#engine.onOutgoing(ip, tcp, payloadAt, keptBytes, payloadBytes, capturedAtUs, nowMs);
    this.#options.read(tcp.view, tcp.at + 20, payloadAt);
    this.#engine.onClient(ip, tcp, this.#options, payloadAt, keptBytes, capturedAtUs, nowMs);
    if (keptBytes < payloadBytes) this.#engine.noteCaptureDrops(nowMs); // there was room for a part only
  }

  /** Time passed. */
  tick(): void {
    this.#engine.onTime(performance.now());
    this.leave();
  }

  /** Answers came over a relay: records in bytes [at, end) of the relay's buffer. */
  onAnswers(reader: AnswerReader, at: number, end: number): void {
    const { record, ip, tcp, options } = reader;
    this.drain(); // the kernel's times of what is answered here are in the ring by now
    const nowMs = Math.floor(performance.now());
    while (record.moveTo(at, end)) {
      at = record.nextAt;
      this.answers++;
      const headerEnd = record.headerAt + record.headerBytes;
      if (!ip.moveTo(record.headerAt, headerEnd, record.wireBytes) || !tcp.moveTo(ip.payloadAt, headerEnd)) {
        this.drops.malformedAnswers++;
        continue;
      }
      options.read(tcp.view, tcp.at + 20, tcp.payloadAt);
      const payloadBytes = ip.at + ip.totalBytes - tcp.payloadAt;
      if (!this.#engine.onAnswer(ip, tcp, options, payloadBytes, record.capturedAtUs, nowMs, record.lastAtUs)) this.drops.unknownAnswers++;
    }
    this.leave();
  }

  /** Marks came over a relay, in the same way. */
  onMarks({ mark }: AnswerReader, at: number, end: number): void {
    this.drain(); // as above
    const nowMs = Math.floor(performance.now());
    for (; mark.moveTo(at, end); at = mark.nextAt) this.#engine.onMark(mark.source, mark.sourcePort, mark.target, mark.targetPort, mark, nowMs);
    this.leave();
  }

  /** Everything decided goes to the kernel in one call, and the engine learns when. */
  leave(): void {
    this.#engine.endBatch();
    this.#engine.stampSent((TIME_ORIGIN_MS + performance.now()) * 1000);
    this.#inject.flush();
  }
}

/** Views over the buffer of one relay; made anew when the buffer grows. */
export class AnswerReader {
  readonly view: DataView;
  readonly record: RecordView;
  readonly mark: MarkView;
  readonly ip: IpView;
  readonly tcp: TcpView;
  readonly options = new TcpOptions();

  constructor(view: DataView) {
    this.view = view;
    this.record = new RecordView(view);
    this.mark = new MarkView(view);
    this.ip = new IpView(view);
    this.tcp = new TcpView(view);
  }
}
