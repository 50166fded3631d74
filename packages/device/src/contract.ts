// The batch contract: every backend moves frames between the kernel (or a file, or a test) and one shared memory.
import type { Segment } from '@parallax/wire';

/** The single memory that a packet path works in. Frames, transmit slots and the engine's store are ranges of it. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export const OUTGOING = 0x01; // sent by this host (PACKET_OUTGOING, packet(7))
export const CHECKSUM_PARTIAL = 0x02; // L4 checksum not finished (TP_STATUS_CSUMNOTREADY)
export const AFTER_LOSS = 0x04; // frames may have been lost between the one before and this one, for want of room (TP_STATUS_LOSING)

/** Frames as offsets into the memory, each at its IP header. One instance is filled again and again; valid until `release`. */
export class FrameBatch {
  readonly capacity: number;
  count = 0;
  /** Offset of the IP header. */
  readonly at: Int32Array;
  /** Captured bytes from the IP header on; behind a short packet they include the link's padding, as the IP length tells. */
  readonly lengthBytes: Int32Array;
  /** Bytes from the IP header on as they were on the wire, of which `lengthBytes` were kept. */
  readonly wireBytes: Int32Array;
  /** Kernel receive or transmit stamp, µs since 1970 (CLOCK_REALTIME). */
  readonly capturedAtUs: Float64Array;
  /** OUTGOING | CHECKSUM_PARTIAL | AFTER_LOSS */
  readonly flags: Uint8Array;

  constructor(capacity = 256) {
    this.capacity = capacity;
    this.at = new Int32Array(capacity);
    this.lengthBytes = new Int32Array(capacity);
    this.wireBytes = new Int32Array(capacity);
    this.capturedAtUs = new Float64Array(capacity);
    this.flags = new Uint8Array(capacity);
  }
}

/** One classic BPF instruction: [code, jt, jf, k] (linux/filter.h). */
export type BpfInstruction = readonly [code: number, jt: number, jf: number, k: number];

/**
 * A capture filter in both forms: for the kernel (offset 0 is the IP header), which decides, and as a libpcap expression, which may
 * let more through.
 */
export interface CaptureFilter {
  readonly program: readonly BpfInstruction[];
  readonly expression: string;
}

/** Cumulative since open. */
export interface CaptureCounters {
  captured: number;
  /** Lost by the kernel for want of room. */
  dropped: number;
  /** Delivered shorter than the filter's snap length allowed. */
  truncated: number;
}

export interface Capture {
  /** Fill the batch with what waits, up to its capacity, and return the count. Never blocks. Throws if the last take was not released. */
  take(batch: FrameBatch): number;
  /** Hand every frame of the last `take` back; its offsets are invalid from then on. */
  release(): void;
  /**
   * Called on the event loop when frames may wait; the consumer takes until 0; if it stops earlier it comes back by itself (setImmediate). One listener.
   * Where very many frames come, those of a moment may be told together; of a longer moment while `mayLinger`.
   */
  onReadable(listener: () => void, mayLinger?: () => boolean): void;
  /** Replace the filter while capturing. Frames captured under the old one may still come. */
  setFilter(filter: CaptureFilter): void;
  counters(): CaptureCounters;
  close(): void;
}

/** Segments, cumulative since open. `failed` counts those the kernel refused; `forbidden` those to no allowed destination. */
export interface InjectCounters {
  sent: number;
  failed: number;
  forbidden: number;
  /** Refusals by errno name, as EMSGSIZE, EPERM, ENOBUFS. */
  failedBy: Record<string, number>;
}

/** Told of a packet that did not leave: where its IP header lies, until the call returns. It must not send. */
export type OnUnsent = (at: number, lengthBytes: number) => void;

export interface Inject {
  /** The only destinations that packets may have; everything else is dropped and counted. Replaces the former list. */
  allow(destinations: readonly { address: string; port: number }[]): void;
  /**
   * Queue one segment; it and its payload are read during the call. Flushes by itself when there is no room. Segments that follow each other in one
   * stream may travel to the link as one and are cut again there, at the same boundaries.
   */
  send(segment: Segment): void;
  /** Queue one whole IP packet with complete headers and checksums, which is copied. */
  put(packet: Uint8Array): void;
  /** Give everything queued to the kernel, in the order in which it came for each destination. Errors are counted, never thrown. */
  flush(): void;
  /** Called for every packet counted as failed or forbidden; of a stream's segments that travelled as one, once. One listener. */
  onUnsent(listener: OnUnsent): void;
  counters(): InjectCounters;
  close(): void;
}

export type IoBackend = 'ring' | 'pcap';

/** How the ring backend sends: on the link past routing, conntrack and OUTPUT rules; by raw sockets; on the link wherever that can be done. */
export type TxPath = 'packet' | 'raw' | 'auto';

/**
 * How the ring backend receives: frame by frame (TPACKET_V2), in blocks of 1 ms that cost less (TPACKET_V3), as messages without a ring (recvmmsg), or frame
 * by frame where the kernel gives a ring, else as messages.
 */
export type RxWay = 'v2' | 'v3' | 'recvmmsg' | 'auto';

export interface IoOptions {
  interfaceName: string;
  io: IoBackend | 'auto';
  filter: CaptureFilter;
  /** Open the sending half too. */
  inject: boolean;
  /** Default auto. */
  tx?: TxPath;
  /** Default auto. */
  rx?: RxWay;
  /** Bytes of the memory left to the caller (the engine's store). */
  storeBytes: number;
  /** Room for captured frames, rounded up to whole blocks. */
  ringBytes?: number;
}

/** The device's own code with nothing behind it, for a rehearsal: frames come from whoever rehearses, and what is sent goes nowhere. */
export interface Stage {
  /** What is sent goes nowhere, to whatever destinations; otherwise none may be allowed. */
  readonly isApart: boolean;
  readonly capture: Capture;
  readonly inject: Inject;
  /** Where the IP header of the next frame is to be written. */
  readonly frameAt: number;
  /** The frame written there, `wireBytes` of which `keptBytes` are kept, was captured. At most `STAGE_FRAMES` until they are taken. */
  add(keptBytes: number, wireBytes: number, capturedAtUs: number, isOutgoing: boolean): void;
  close(): void;
}

export const STAGE_FRAMES = 64;
/** Of the longest frame of a stage. */
export const STAGE_FRAME_BYTES = 1900;
/** What a stage takes of the memory. */
export const STAGE_BYTES = 160 * 1024;

/** An open packet device: memory, both halves, which backend and why that one. */
export interface Io {
  readonly backend: IoBackend | 'memory';
  readonly why: string;
  readonly memory: Memory;
  readonly storeAt: number;
  readonly storeBytes: number;
  readonly capture: Capture;
  readonly inject: Inject | null;
  /** A stage in [at, at + STAGE_BYTES) of the memory, as long as nothing else is there; null where this device has none. */
  stage(at: number): Stage | null;
  /** Give the pages of [at, at + bytes) of the store back to the system; they read as zeros or as before. */
  discard(at: number, bytes: number): void;
  close(): void;
}
