// Frames out of a TPACKET_V2 receive ring (Documentation/networking/packet_mmap.rst).

import { PACKET_OUTGOING } from '../bpf.ts';
import type { Capture, CaptureCounters, CaptureFilter, FrameBatch } from '../contract.ts';
import { CHECKSUM_PARTIAL, OUTGOING } from '../contract.ts';
import { type Libc, libc, type PollHandle } from '../libc.ts';
import { ReadableLoop } from '../readable-loop.ts';
import * as abi from './abi.ts';
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

/** Where oversized frames are received to. */
export interface Spill {
  readonly at: number;
  readonly bytes: number;
}

export class RingCapture implements Capture {
  readonly #fd: number;
  readonly #memory: NativeMemory;
  readonly #int32: Int32Array;
  readonly #uint16: Uint16Array;
  readonly #frames: number;
  readonly #frameBytes: number;
  readonly #spill: Spill;
  readonly #recv: Libc['recv'];
  readonly #loop = new ReadableLoop(() => this.#waits());
  readonly #counters: CaptureCounters = { captured: 0, dropped: 0, truncated: 0 };
  #poll: PollHandle | null = null; // must stay referenced: collected, it ends the calls without a word
  #oldest = 0; // first frame not handed back
  #held = 0; // frames of the last take
  #spillUsed = 0;
  #open = true;

  /** Takes over an open, bound packet socket whose ring lies at offset 0 of the memory. */
  constructor(fd: number, memory: NativeMemory, ringBytes: number, frameBytes: number, spill: Spill) {
    this.#fd = fd;
    this.#memory = memory;
    this.#int32 = new Int32Array(memory.buffer, 0, ringBytes / 4);
    this.#uint16 = new Uint16Array(memory.buffer, 0, ringBytes / 2);
    this.#frameBytes = frameBytes;
    this.#frames = ringBytes / frameBytes;
    this.#spill = spill;
    this.#recv = libc().recv;
  }

  take(batch: FrameBatch): number {
    if (this.#held > 0) throw new Error('take before release: the frames of the last take are still out');
    const int32 = this.#int32;
    const uint16 = this.#uint16;
    const frameBytes = this.#frameBytes;
    const most = Math.min(batch.capacity, this.#frames, this.#loop.roundLeft);
    let index = this.#oldest;
    let count = 0;
    while (count < most && this.#open) {
      const at = index * frameBytes;
      const status = Atomics.load(int32, (at + STATUS) >> 2); // orders the reads below after the kernel's writes
      if ((status & abi.TP_STATUS_USER) === 0) break;
      const net = uint16[(at + NET) >> 1]!;
      const wireBytes = int32[(at + LEN) >> 2]!;
      let start = at + net;
      let lengthBytes = int32[(at + SNAPLEN) >> 2]!;
      if ((status & abi.TP_STATUS_COPY) !== 0) {
        if (this.#spillUsed + wireBytes > this.#spill.bytes && this.#spillUsed > 0) break; // room again after release
        const received = this.#receive(wireBytes);
        if (received > lengthBytes) {
          start = this.#spill.at + this.#spillUsed;
          lengthBytes = received;
          this.#spillUsed += (received + 15) & ~15;
        }
        if (lengthBytes < wireBytes) this.#counters.truncated++;
      } else if (lengthBytes < wireBytes && net + lengthBytes === frameBytes) {
        this.#counters.truncated++; // cut by the frame, not by the filter: no room for the copy
      }
      batch.at[count] = start;
      batch.lengthBytes[count] = lengthBytes;
      batch.wireBytes[count] = wireBytes;
      batch.capturedAtUs[count] = (int32[(at + SEC) >> 2]! >>> 0) * 1e6 + int32[(at + NSEC) >> 2]! / 1e3;
      const outgoing = this.#memory.bytes[at + PKTTYPE] === PACKET_OUTGOING ? OUTGOING : 0;
      batch.flags[count] = outgoing | ((status & abi.TP_STATUS_CSUMNOTREADY) !== 0 ? CHECKSUM_PARTIAL : 0);
      count++;
      if (++index === this.#frames) index = 0;
    }
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
    this.#spillUsed = 0;
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
    if (this.#open) this.#counters.dropped += takeDropCount(this.#fd);
    return { ...this.#counters };
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

  /** Take the oldest waiting copy. What does not fit is discarded, so that copies and frames stay in step. Bytes kept, or -1. */
  #receive(wireBytes: number): number {
    const room = Math.min(wireBytes, this.#spill.bytes - this.#spillUsed);
    return this.#recv(this.#fd, this.#memory.address + this.#spill.at + this.#spillUsed, room, abi.MSG_DONTWAIT);
  }
}
