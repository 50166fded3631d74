// Frames out of a TPACKET_V3 receive ring (Documentation/networking/packet_mmap.rst): the kernel fills blocks and tells each when it is full or has waited.
//
//   | block: header, frame, frame, ...  | block | ... |       a frame is as long as it is, and is followed by the next

import { PACKET_OUTGOING } from '../bpf.ts';
import type { Capture, CaptureCounters, CaptureFilter, FrameBatch } from '../contract.ts';
import { AFTER_LOSS, CHECKSUM_PARTIAL, OUTGOING } from '../contract.ts';
import * as abi from './abi.ts';
import { CaptureSocket } from './capture-socket.ts';
import { type NativeMemory, unmapRing } from './native-memory.ts';
import { requestRing, ringAtBeginning } from './receive-ring.ts';
import type { Receiver } from './receiver.ts';

// struct tpacket_block_desc at the start of each block; bytes
const BLOCK_STATUS = 8;
const FRAMES = 12;
const FIRST_FRAME = 16;
const BLOCK_HEADER_BYTES = 48;
// struct tpacket3_hdr at the start of each frame, struct sockaddr_ll behind it
const NEXT = 0;
const SEC = 4;
const NSEC = 8;
const SNAPLEN = 12;
const LEN = 16;
const STATUS = 20;
const NET = 26;
const PKTTYPE = 48 + 10;

/** A frame of 64 KiB must fit, and one goes to us every ms, however empty: 16 MiB are 128 ms. */
const BLOCK_BYTES = 128 * 1024;
/** From there on the kernel cuts (max_frame_len). */
const MAX_FRAME_BYTES = BLOCK_BYTES - BLOCK_HEADER_BYTES;
/** So long after its first frame a block is told though it is not full. Kernels without a timer of that resolution take up to a tick or two. */
const RETIRE_MS = 1;
/** The kernel only wants to see it divide a block. */
const NOMINAL_FRAME_BYTES = 2048;

/** A ring of blocks on the socket, as large as told. Throws NoRing. */
export function blockRing(fd: number, ringBytes: number): Receiver {
  const blocks = ringBytes / BLOCK_BYTES;
  const request = [BLOCK_BYTES, blocks, NOMINAL_FRAME_BYTES, ringBytes / NOMINAL_FRAME_BYTES, RETIRE_MS, 0, 0]; // struct tpacket_req3
  requestRing(fd, abi.TPACKET_V3, request, ringBytes);
  return {
    bytes: ringBytes,
    words: `packet ring of ${ringBytes / 2 ** 20} MiB in blocks of ${RETIRE_MS} ms`,
    ...ringAtBeginning(fd, ringBytes),
    hasStage: false,
    begin: (memory) => new BlockRing(fd, memory, blocks),
  };
}

class BlockRing implements Capture {
  readonly #socket: CaptureSocket;
  readonly #memory: NativeMemory;
  readonly #int32: Int32Array;
  readonly #uint16: Uint16Array;
  readonly #blocks: number;
  #oldest = 0; // first block not handed back
  #read = 0; // from there on: blocks whose frames were all taken
  #left = 0; // frames of the block behind those that were not taken yet; 0: it was not entered
  #nextAt = 0; // the first of them
  #held = 0; // frames of the last take
  #isAfterLoss = false; // the frame that is taken next
  /** Of the blocks entered next, counted from 0, these may lie behind a loss that no flag tells of. */
  #suspectFrom = 0;
  #suspectTo = -1;

  constructor(fd: number, memory: NativeMemory, blocks: number) {
    this.#socket = new CaptureSocket(fd, () => this.#waits()); // blocks gather frames: no naps beside that
    this.#memory = memory;
    this.#int32 = new Int32Array(memory.buffer, 0, (blocks * BLOCK_BYTES) / 4);
    this.#uint16 = new Uint16Array(memory.buffer, 0, (blocks * BLOCK_BYTES) / 2);
    this.#blocks = blocks;
  }

  take(batch: FrameBatch): number {
    if (this.#held > 0) throw new Error('take before release: the frames of the last take are still out');
    const int32 = this.#int32;
    const { loop, counters } = this.#socket;
    const most = Math.min(batch.capacity, loop.roundLeft);
    let count = 0;
    let isLosing = false;
    while (count < most) {
      if (this.#left === 0) {
        const status = this.#nextStatus();
        if ((status & abi.TP_STATUS_USER) === 0) break;
        if ((status & abi.TP_STATUS_LOSING) !== 0) isLosing = this.#isAfterLoss = true; // while no block is free, so between two
        this.#enter();
      }
      for (const end = Math.min(count + this.#left, most); count < end; count++, this.#left--) {
        this.#describe(batch, count, this.#nextAt);
        this.#nextAt += int32[(this.#nextAt + NEXT) >> 2]!;
      }
      if (this.#left === 0) this.#read++;
    }
    if (isLosing) this.#countDrops();
    if (count === 0) this.#handBack(); // blocks that had no frame in them
    batch.count = count;
    this.#held = count;
    loop.roundLeft -= count;
    counters.captured += count;
    return count;
  }

  release(): void {
    this.#handBack();
    this.#held = 0;
  }

  onReadable(listener: () => void, mayLinger?: () => boolean): void {
    this.#socket.onReadable(listener, mayLinger);
  }

  setFilter(filter: CaptureFilter): void {
    this.#socket.setFilter(filter);
  }

  counters(): CaptureCounters {
    this.#countDrops();
    return { ...this.#socket.counters };
  }

  close(): void {
    if (!this.#socket.isOpen) return;
    this.#socket.stop();
    this.#held = this.#left = 0;
    unmapRing(this.#memory, this.#blocks * BLOCK_BYTES);
    this.#socket.closeDescriptor();
  }

  #waits(): boolean {
    return this.#left > 0 || (this.#nextStatus() & abi.TP_STATUS_USER) !== 0;
  }

  /** Status of the block to be entered next. */
  #nextStatus(): number {
    return this.#socket.isOpen && this.#read < this.#blocks ? this.#statusOf(this.#read) : abi.TP_STATUS_KERNEL;
  }

  /** Status of the block `ahead` of the oldest; orders reads behind it after the kernel's writes. */
  #statusOf(ahead: number): number {
    return Atomics.load(this.#int32, (this.#blockAt(ahead) + BLOCK_STATUS) >> 2);
  }

  #blockAt(ahead: number): number {
    return ((this.#oldest + ahead) % this.#blocks) * BLOCK_BYTES;
  }

  #enter(): void {
    if (this.#suspectTo >= 0) {
      if (this.#suspectFrom <= 0) this.#isAfterLoss = true;
      this.#suspectFrom--;
      this.#suspectTo--;
    }
    const at = this.#blockAt(this.#read);
    this.#left = this.#int32[(at + FRAMES) >> 2]!;
    this.#nextAt = at + this.#int32[(at + FIRST_FRAME) >> 2]!;
  }

  #describe(batch: FrameBatch, index: number, at: number): void {
    const int32 = this.#int32;
    const net = this.#uint16[(at + NET) >> 1]!;
    const keptBytes = int32[(at + SNAPLEN) >> 2]!;
    const wireBytes = int32[(at + LEN) >> 2]!;
    if (keptBytes < wireBytes && net + keptBytes === MAX_FRAME_BYTES) this.#socket.counters.truncated++; // cut by the block, not by the filter
    batch.at[index] = at + net;
    batch.lengthBytes[index] = keptBytes;
    batch.wireBytes[index] = wireBytes;
    batch.capturedAtUs[index] = (int32[(at + SEC) >> 2]! >>> 0) * 1e6 + int32[(at + NSEC) >> 2]! / 1e3;
    const outgoing = this.#memory.bytes[at + PKTTYPE] === PACKET_OUTGOING ? OUTGOING : 0;
    const partial = (int32[(at + STATUS) >> 2]! & abi.TP_STATUS_CSUMNOTREADY) !== 0 ? CHECKSUM_PARTIAL : 0;
    batch.flags[index] = outgoing | partial | (this.#isAfterLoss ? AFTER_LOSS : 0);
    this.#isAfterLoss = false;
  }

  /** The kernel flags the blocks that it closes behind a loss, until the count is read: then the one that it fills now, or next, may lie behind one as well. */
  #countDrops(): void {
    if (this.#socket.countDrops() === 0) return;
    let ahead = this.#read + (this.#left > 0 ? 1 : 0);
    let waiting = 0;
    for (; ahead < this.#blocks && (this.#statusOf(ahead) & abi.TP_STATUS_USER) !== 0; ahead++) waiting++;
    if (this.#suspectTo < 0) this.#suspectFrom = waiting;
    this.#suspectTo = waiting;
  }

  #handBack(): void {
    for (; this.#read > 0; this.#read--) {
      Atomics.store(this.#int32, (this.#blockAt(0) + BLOCK_STATUS) >> 2, abi.TP_STATUS_KERNEL);
      if (++this.#oldest === this.#blocks) this.#oldest = 0;
    }
  }
}
