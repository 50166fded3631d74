// The way of one packet through the online agent, from ring to engine to wire.

import { RecordView } from '@parallax/agent-kit/child';
import { type Capture, FrameBatch, type Inject, type Memory, OUTGOING } from '@parallax/device';
import type { Effects, Engine, Mapping } from '@parallax/engine';
import { IpView, PROTOCOL_TCP, type Segment, TcpOptions, TcpView } from '@parallax/wire';

/** What could not be used, cumulative. */
export interface PipelineDrops {
  malformed: number;
  fragments: number;
}

/** Injects what the engine wants said. */
export class InjectPort implements Effects {
  readonly #inject: Inject;
  readonly #onExchange: (mapping: Mapping, side: 'online' | 'target', latencyUs: number) => void;

  constructor(inject: Inject, onExchange: (mapping: Mapping, side: 'online' | 'target', latencyUs: number) => void) {
    this.#inject = inject;
    this.#onExchange = onExchange;
  }

  inject(segment: Segment): void {
    this.#inject.send(segment);
  }

  exchange(mapping: Mapping, side: 'online' | 'target', latencyUs: number): void {
    this.#onExchange(mapping, side, latencyUs);
  }
}

export class Pipeline {
  readonly drops: PipelineDrops = { malformed: 0, fragments: 0 };
  readonly #capture: Capture;
  readonly #inject: Inject;
  readonly #engine: Engine;
  readonly #batch = new FrameBatch(256);
  readonly #ip: IpView;
  readonly #tcp: TcpView;
  readonly #options = new TcpOptions();

  constructor(memory: Memory, capture: Capture, inject: Inject, engine: Engine) {
    this.#capture = capture;
    this.#inject = inject;
    this.#engine = engine;
    this.#ip = new IpView(memory.view);
    this.#tcp = new TcpView(memory.view);
  }

  /** Take what was captured. The device ends its rounds, so that a burst does not starve timers and the relay. */
  drain(): void {
    const batch = this.#batch;
    for (let count = this.#capture.take(batch); count > 0; count = this.#capture.take(batch)) {
      const nowMs = performance.now();
      for (let index = 0; index < count; index++) {
        this.#onFrame(batch.at[index]!, batch.lengthBytes[index]!, batch.wireBytes[index]!, batch.capturedAtUs[index]!, batch.flags[index]!, nowMs);
      }
      this.#capture.release();
      this.leave();
    }
  }

  #onFrame(at: number, lengthBytes: number, wireBytes: number, capturedAtUs: number, flags: number, nowMs: number): void {
    const ip = this.#ip;
    const tcp = this.#tcp;
    const end = at + lengthBytes;
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
    this.#options.read(tcp.view, tcp.at + 20, payloadAt);
    if ((flags & OUTGOING) !== 0) this.#engine.onOutgoing(ip, tcp, payloadBytes, capturedAtUs, nowMs);
    else this.#engine.onClient(ip, tcp, this.#options, payloadAt, Math.min(payloadBytes, end - payloadAt), capturedAtUs, nowMs);
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
    const nowMs = performance.now();
    while (record.moveTo(at, end)) {
      at = record.nextAt;
      const headerEnd = record.headerAt + record.headerBytes;
      if (!ip.moveTo(record.headerAt, headerEnd, record.wireBytes) || !tcp.moveTo(ip.payloadAt, headerEnd)) {
        this.drops.malformed++;
        continue;
      }
      options.read(tcp.view, tcp.at + 20, tcp.payloadAt);
      this.#engine.onAnswer(ip, tcp, options, ip.at + ip.totalBytes - tcp.payloadAt, record.capturedAtUs, nowMs);
    }
    this.leave();
  }

  /** Everything decided goes to the kernel in one call, and the engine learns when. */
  leave(): void {
    this.#engine.endBatch();
    this.#engine.stampSent((performance.timeOrigin + performance.now()) * 1000);
    this.#inject.flush();
  }
}

/** Views over the buffer of one relay; made anew when the buffer grows. */
export class AnswerReader {
  readonly view: DataView;
  readonly record: RecordView;
  readonly ip: IpView;
  readonly tcp: TcpView;
  readonly options = new TcpOptions();

  constructor(view: DataView) {
    this.view = view;
    this.record = new RecordView(view);
    this.ip = new IpView(view);
    this.tcp = new TcpView(view);
  }
}
