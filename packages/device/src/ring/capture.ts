// Frames out of a TPACKET_V2 receive ring (Documentation/networking/packet_mmap.rst).

import { PACKET_OUTGOING } from '../bpf.ts';
import type { Capture, CaptureCounters, CaptureFilter, FrameBatch } from '../contract.ts';
import { AFTER_LOSS, CHECKSUM_PARTIAL, OUTGOING } from '../contract.ts';
import { libc, type PollHandle } from '../libc.ts';
import { ReadableLoop } from '../readable-loop.ts';
import * as abi from './abi.ts';
import { MessageVector, vectorBytes } from './message-vector.ts';
import { type NativeMemory, unmapRing } from './native-memory.ts';
import { attachFilter, clearError, takeDropCount } from './packet-socket.ts';

// struct tpacket2_hdr at the start of each frame, struct sockaddr_ll behind it; bytes
const STATUS = 0;
const LEN = 4;
const SNAPLEN = 8;
const NET = 14;
const SEC = 16;
const NSEC = 20;
const PKTTYPE = 32 + 10;

/** Copies taken with one system call. */
const COPIES = 64;
/** What recvmmsg reads, at the beginning of the spill. */
const VECTOR_BYTES = vectorBytes(COPIES);

/** Where oversized frames are received to. */
export interface Spill {
  readonly at: number;
  readonly bytes: number;
}

/**
 * The kernel flags what it captures behind a loss, until the count of losses is read (TP_STATUS_LOSING). When it was read while frames waited, the place is
 * no longer known: somewhere in the backlog, or right behind it.
 */
type Backlog = 'none' | 'waiting' | 'over';

export class RingCapture implements Capture {
  readonly #fd: number;
  readonly #memory: NativeMemory;
  readonly #int32: Int32Array;
  readonly #uint16: Uint16Array;
  readonly #frames: number;
  readonly #frameBytes: number;
  readonly #spill: Spill;
  /** The copies of this take that wait for recvmmsg, and whose frame each belongs to (its index in the batch). */
  readonly #copies: MessageVector;
  readonly #copyOf = new Uint16Array(COPIES);
  readonly #copyAt = new Int32Array(COPIES);
  readonly #loop: ReadableLoop;
  readonly #counters: CaptureCounters = { captured: 0, dropped: 0, truncated: 0 };
  #poll: PollHandle | null = null; // must stay referenced: collected, it ends the calls without a word
  #oldest = 0; // first frame not handed back
  #held = 0; // frames of the last take
  #spillUsed = VECTOR_BYTES;
  #backlog: Backlog = 'none';
  #open = true;

  /** Takes over an open, bound packet socket whose ring lies at offset 0 of the memory. */
  constructor(fd: number, memory: NativeMemory, ringBytes: number, frameBytes: number, spill: Spill, rushFramesPerMs: number) {
    this.#fd = fd;
    this.#loop = new ReadableLoop(() => this.#waits(), rushFramesPerMs);
    this.#memory = memory;
    this.#int32 = new Int32Array(memory.buffer, 0, ringBytes / 4);
    this.#uint16 = new Uint16Array(memory.buffer, 0, ringBytes / 2);
    this.#frameBytes = frameBytes;
    this.#frames = ringBytes / frameBytes;
    this.#spill = spill;
    this.#copies = new MessageVector(memory, spill.at, COPIES, 0, 0);
  }

  take(batch: FrameBatch): number {
    if (this.#held > 0) throw new Error('take before release: the frames of the last take are still out');
    const int32 = this.#int32;
    const uint16 = this.#uint16;
    const frameBytes = this.#frameBytes;
    const most = Math.min(batch.capacity, this.#frames, this.#loop.roundLeft);
    let index = this.#oldest;
    let count = 0;
    let isLosing = false;
    while (count < most && this.#open) {
      const at = index * frameBytes;
      const status = Atomics.load(int32, (at + STATUS) >> 2); // orders the reads below after the kernel's writes
      if ((status & abi.TP_STATUS_USER) === 0) break;
      const net = uint16[(at + NET) >> 1]!;
      const wireBytes = int32[(at + LEN) >> 2]!;
      const keptBytes = int32[(at + SNAPLEN) >> 2]!;
      if ((status & abi.TP_STATUS_COPY) !== 0) {
        if (this.#spillUsed + wireBytes > this.#spill.bytes && this.#spillUsed > VECTOR_BYTES) break; // room again after release
        if (this.#copies.count === COPIES) this.#receive(batch);
        this.#expectCopy(count, wireBytes);
      } else if (keptBytes < wireBytes && net + keptBytes === frameBytes) {
        this.#counters.truncated++; // cut by the frame, not by the filter: no room for the copy
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
    if (isLosing) this.#counters.dropped += takeDropCount(this.#fd);
    if (this.#backlog !== 'none' && most > 0) this.#markBacklog(batch, count);
    batch.count = count;
    this.#held = count;
    this.#loop.roundLeft -= count;
    this.#counters.captured += count;
    return count;
  }

  release(): void {
    const int32 = this.#int32;
    const frameBytes = this.#frameBytes;
    let index = this.#oldest;
    for (let left = this.#held; left > 0; left--) {
      Atomics.store(int32, (index * frameBytes + STATUS) >> 2, abi.TP_STATUS_KERNEL);
      if (++index === this.#frames) index = 0;
    }
    this.#oldest = index;
    this.#held = 0;
    this.#spillUsed = VECTOR_BYTES;
  }

  onReadable(listener: () => void): void {
    this.#loop.listen(listener);
    this.#poll ??= libc().poll(this.#fd, (status) => {
      if (status < 0) {
        clearError(this.#fd); // the interface went down; it may come back
        this.#poll?.restart();
      }
      this.#loop.wake();
    });
  }

  setFilter(filter: CaptureFilter): void {
    attachFilter(this.#fd, filter);
  }

  counters(): CaptureCounters {
    const dropped = this.#open ? takeDropCount(this.#fd) : 0;
    this.#counters.dropped += dropped;
    if (dropped > 0 && this.#waits()) this.#backlog = 'waiting';
    return { ...this.#counters };
  }

  #markBacklog(batch: FrameBatch, count: number): void {
    if (count === 0) this.#backlog = 'over';
    else if (this.#backlog === 'over') {
      batch.flags[0]! |= AFTER_LOSS;
      this.#backlog = 'none';
    } else for (let index = 0; index < count; index++) batch.flags[index]! |= AFTER_LOSS;
  }

  close(): void {
    if (!this.#open) return;
    this.counters();
    this.#open = false;
    this.#held = 0;
    this.#loop.stop();
    this.#poll?.close();
    this.#poll = null;
    unmapRing(this.#memory, this.#frames * this.#frameBytes);
    libc().close(this.#fd);
  }

  #waits(): boolean {
    return this.#open && (Atomics.load(this.#int32, (this.#oldest * this.#frameBytes + STATUS) >> 2) & abi.TP_STATUS_USER) !== 0;
  }

  /** The frame at `index` of the batch has a copy waiting: make room for it. What does not fit is discarded, so that copies and frames stay in step. */
  #expectCopy(index: number, wireBytes: number): void {
    const room = Math.min(wireBytes, this.#spill.bytes - this.#spillUsed);
    this.#copyOf[this.#copies.count] = index;
    this.#copyAt[this.#copies.count] = this.#spill.at + this.#spillUsed;
    this.#copies.add(this.#spill.at + this.#spillUsed, room);
    this.#spillUsed += (room + 15) & ~15;
  }

  /** Take the copies expected, oldest first, in one call; each frame becomes its copy. */
  #receive(batch: FrameBatch): void {
    const copies = this.#copies;
    const received = libc().recvmmsg(this.#fd, copies.address(0), copies.count, abi.MSG_DONTWAIT, 0);
    for (let copy = 0; copy < copies.count; copy++) {
      const index = this.#copyOf[copy]!;
      const bytes = copy < received ? copies.movedBytes(copy) : 0;
      if (bytes > batch.lengthBytes[index]!) {
        batch.at[index] = this.#copyAt[copy]!;
        batch.lengthBytes[index] = bytes;
      }
      if (batch.lengthBytes[index]! < batch.wireBytes[index]!) this.#counters.truncated++;
    }
    copies.count = 0;
  }
}
