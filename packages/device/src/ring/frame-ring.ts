// Frames out of a TPACKET_V2 receive ring (Documentation/networking/packet_mmap.rst): a slot each, told one by one.
//
//   | slot | slot | ...  | spill: what recvmmsg reads, then frames that no slot holds |
//   0                      ringBytes

import { PACKET_HOST, PACKET_OUTGOING } from '../bpf.ts';
import type { Capture, CaptureCounters, CaptureFilter, FrameBatch } from '../contract.ts';
import { AFTER_LOSS, CHECKSUM_PARTIAL, OUTGOING } from '../contract.ts';
import { intBytes, libc } from '../libc.ts';
import * as abi from './abi.ts';
import { CaptureSocket } from './capture-socket.ts';
import { MessageVector, vectorBytes } from './message-vector.ts';
import { type NativeMemory, unmapRing } from './native-memory.ts';
import { setOption, widenReceiveBuffer } from './packet-socket.ts';
import { BLOCK_BYTES, requestRing, ringAtBeginning } from './receive-ring.ts';
import type { Receiver } from './receiver.ts';

// struct tpacket2_hdr at the start of each frame, struct sockaddr_ll behind it; bytes
const STATUS = 0;
const LEN = 4;
const SNAPLEN = 8;
const NET = 14;
const SEC = 16;
const NSEC = 20;
const PKTTYPE = 32 + 10;

/**
 * tpacket2_hdr, sockaddr_ll and padding take 80 bytes of each. 432 remain for headers and small requests, so that a ring holds many; what is longer waits
 * in the kernel's own buffers until recv() takes it. Without leave to enlarge those, frames have room for an MTU of 1500.
 */
const SMALL_FRAME_BYTES = 512;
export const MTU_FRAME_BYTES = 2048;
/** Bound of what waits for recv(), in whole kernel buffers: some 50 000 packets of 1500 bytes, or 1 800 of 64 KiB. Used only while it waits. */
const COPY_BUFFER_BYTES = 128 * 1024 * 1024;
/** Oversized frames of one batch: 64 of the largest that are not BIG TCP. */
const SPILL_BYTES = 4 * 1024 * 1024;
/** Copies taken with one system call. */
const COPIES = 64;
/** What recvmmsg reads, at the beginning of the spill. */
const VECTOR_BYTES = vectorBytes(COPIES);

/** A ring of frames on the socket, as large as told. Throws NoRing. */
export function frameRing(fd: number, ringBytes: number, rushFramesPerMs: number): Receiver {
  const frameBytes = widenReceiveBuffer(fd, COPY_BUFFER_BYTES) ? SMALL_FRAME_BYTES : MTU_FRAME_BYTES;
  const request = [BLOCK_BYTES, ringBytes / BLOCK_BYTES, frameBytes, ringBytes / frameBytes]; // struct tpacket_req
  requestRing(fd, abi.TPACKET_V2, request, ringBytes);
  setOption(fd, abi.SOL_PACKET, abi.PACKET_COPY_THRESH, intBytes(1), 'PACKET_COPY_THRESH');
  return {
    bytes: ringBytes + SPILL_BYTES,
    words: `packet ring of ${ringBytes / 2 ** 20} MiB`,
    ...ringAtBeginning(fd, ringBytes),
    hasStage: true,
    begin: (memory) => new FrameRing(fd, memory, 0, ringBytes, frameBytes, rushFramesPerMs),
  };
}

/**
 * The kernel flags what it captures behind a loss, until the count of losses is read (TP_STATUS_LOSING). When it was read while frames waited, the place is
 * no longer known: somewhere in the backlog, or right behind it.
 */
type Backlog = 'none' | 'waiting' | 'over';

/** In place of a descriptor: nobody fills the ring but whoever writes frames into it. */
export const NO_SOCKET = -1;

/** Do what the kernel does when it captures a frame that lies `frameAt` bytes behind the beginning of the free slot at `slotAt`. */
export function writeFrame(
  { view }: NativeMemory,
  slotAt: number,
  frameAt: number,
  keptBytes: number,
  wireBytes: number,
  capturedAtUs: number,
  isOutgoing: boolean,
): void {
  const seconds = Math.floor(capturedAtUs / 1e6);
  view.setInt32(slotAt + LEN, wireBytes, true);
  view.setInt32(slotAt + SNAPLEN, keptBytes, true);
  view.setUint16(slotAt + NET, frameAt, true);
  view.setUint32(slotAt + SEC, seconds, true);
  view.setUint32(slotAt + NSEC, (capturedAtUs - seconds * 1e6) * 1e3, true);
  view.setUint8(slotAt + PKTTYPE, isOutgoing ? PACKET_OUTGOING : PACKET_HOST);
  view.setInt32(slotAt + STATUS, abi.TP_STATUS_USER, true);
}

export class FrameRing implements Capture {
  readonly #socket: CaptureSocket;
  readonly #memory: NativeMemory;
  readonly #int32: Int32Array;
  readonly #uint16: Uint16Array;
  readonly #frames: number;
  readonly #frameBytes: number;
  readonly #at: number;
  readonly #spillAt: number;
  /** The copies of this take that wait for recvmmsg, and whose frame each belongs to (its index in the batch). */
  readonly #copies: MessageVector;
  readonly #copyOf = new Uint16Array(COPIES);
  readonly #copyAt = new Int32Array(COPIES);
  #oldest = 0; // first frame not handed back
  #held = 0; // frames of the last take
  #spillUsed = VECTOR_BYTES;
  #backlog: Backlog = 'none';

  /** At `at` of the memory is the ring, and behind it the spill. */
  constructor(fd: number, memory: NativeMemory, at: number, ringBytes: number, frameBytes: number, rushFramesPerMs: number) {
    this.#socket = new CaptureSocket(fd, () => this.#waits(), rushFramesPerMs);
    this.#memory = memory;
    this.#int32 = new Int32Array(memory.buffer, 0, (at + ringBytes) / 4);
    this.#uint16 = new Uint16Array(memory.buffer, 0, (at + ringBytes) / 2);
    this.#frameBytes = frameBytes;
    this.#frames = ringBytes / frameBytes;
    this.#at = at;
    this.#spillAt = at + ringBytes;
    this.#copies = new MessageVector(memory, at + ringBytes, COPIES, 0, 0);
  }

  take(batch: FrameBatch): number {
    if (this.#held > 0) throw new Error('take before release: the frames of the last take are still out');
    const int32 = this.#int32;
    const uint16 = this.#uint16;
    const frameBytes = this.#frameBytes;
    const ringAt = this.#at;
    const { loop, counters } = this.#socket;
    const most = Math.min(batch.capacity, this.#frames, loop.roundLeft);
    let index = this.#oldest;
    let count = 0;
    let isLosing = false;
    while (count < most && this.#socket.isOpen) {
      const at = ringAt + index * frameBytes;
      const status = Atomics.load(int32, (at + STATUS) >> 2); // orders the reads below after the kernel's writes
      if ((status & abi.TP_STATUS_USER) === 0) break;
      const net = uint16[(at + NET) >> 1]!;
      const wireBytes = int32[(at + LEN) >> 2]!;
      const keptBytes = int32[(at + SNAPLEN) >> 2]!;
      if ((status & abi.TP_STATUS_COPY) !== 0) {
        if (this.#spillUsed + wireBytes > SPILL_BYTES && this.#spillUsed > VECTOR_BYTES) break; // room again after release
        if (this.#copies.count === COPIES) this.#receive(batch);
        this.#expectCopy(count, wireBytes);
      } else if (keptBytes < wireBytes && net + keptBytes === frameBytes) {
        counters.truncated++; // cut by the frame, not by the filter: no room for the copy
      }
      batch.at[count] = at + net;
      batch.lengthBytes[count] = keptBytes;
      batch.wireBytes[count] = wireBytes;
      batch.capturedAtUs[count] = (int32[(at + SEC) >> 2]! >>> 0) * 1e6 + int32[(at + NSEC) >> 2]! / 1e3;
      const outgoing = this.#memory.bytes[at + PKTTYPE] === PACKET_OUTGOING ? OUTGOING : 0;
      batch.flags[count] = outgoing | ((status & abi.TP_STATUS_CSUMNOTREADY) !== 0 ? CHECKSUM_PARTIAL : 0);
      if ((status & abi.TP_STATUS_LOSING) !== 0) {
        isLosing = true;
        batch.flags[count]! |= AFTER_LOSS;
      }
      count++;
      if (++index === this.#frames) index = 0;
    }
    if (this.#copies.count > 0) this.#receive(batch);
    if (isLosing) this.#socket.countDrops();
    if (this.#backlog !== 'none' && most > 0) this.#markBacklog(batch, count);
    batch.count = count;
    this.#held = count;
    loop.roundLeft -= count;
    counters.captured += count;
    return count;
  }

  release(): void {
    const int32 = this.#int32;
    const frameBytes = this.#frameBytes;
    const ringAt = this.#at;
    let index = this.#oldest;
    for (let left = this.#held; left > 0; left--) {
      Atomics.store(int32, (ringAt + index * frameBytes + STATUS) >> 2, abi.TP_STATUS_KERNEL);
      if (++index === this.#frames) index = 0;
    }
    this.#oldest = index;
    this.#held = 0;
    this.#spillUsed = VECTOR_BYTES;
  }

  onReadable(listener: () => void, mayLinger?: () => boolean): void {
    this.#socket.onReadable(listener, mayLinger);
  }

  setFilter(filter: CaptureFilter): void {
    this.#socket.setFilter(filter);
  }

  counters(): CaptureCounters {
    if (this.#socket.countDrops() > 0 && this.#waits()) this.#backlog = 'waiting';
    return { ...this.#socket.counters };
  }

  #markBacklog(batch: FrameBatch, count: number): void {
    if (count === 0) this.#backlog = 'over';
    else if (this.#backlog === 'over') {
      batch.flags[0]! |= AFTER_LOSS;
      this.#backlog = 'none';
    } else for (let index = 0; index < count; index++) batch.flags[index]! |= AFTER_LOSS;
  }

  close(): void {
    if (!this.#socket.isOpen) return;
    this.#socket.stop();
    this.#held = 0;
    unmapRing(this.#memory, this.#frames * this.#frameBytes);
    this.#socket.closeDescriptor();
  }

  #waits(): boolean {
    return this.#socket.isOpen && (Atomics.load(this.#int32, (this.#at + this.#oldest * this.#frameBytes + STATUS) >> 2) & abi.TP_STATUS_USER) !== 0;
  }

  /** The frame at `index` of the batch has a copy waiting: make room for it. What does not fit is discarded, so that copies and frames stay in step. */
  #expectCopy(index: number, wireBytes: number): void {
    const room = Math.min(wireBytes, SPILL_BYTES - this.#spillUsed);
    this.#copyOf[this.#copies.count] = index;
    this.#copyAt[this.#copies.count] = this.#spillAt + this.#spillUsed;
    this.#copies.add(this.#spillAt + this.#spillUsed, room);
    this.#spillUsed += (room + 15) & ~15;
  }

  /** Take the copies expected, oldest first, in one call; each frame becomes its copy. */
  #receive(batch: FrameBatch): void {
    const copies = this.#copies;
    const received = libc().recvmmsg(this.#socket.fd, copies.address(0), copies.count, abi.MSG_DONTWAIT, 0);
    for (let copy = 0; copy < copies.count; copy++) {
      const index = this.#copyOf[copy]!;
      const bytes = copy < received ? copies.movedBytes(copy) : 0;
      if (bytes > batch.lengthBytes[index]!) {
        batch.at[index] = this.#copyAt[copy]!;
        batch.lengthBytes[index] = bytes;
      }
      if (batch.lengthBytes[index]! < batch.wireBytes[index]!) this.#socket.counters.truncated++;
    }
    copies.count = 0;
  }
}
