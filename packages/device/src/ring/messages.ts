// Frames by recvmmsg(2): no ring, no mapping, no view of foreign memory. What was not received yet waits in the kernel's own buffers.
//
//   | message vector | slot | slot | ... |         a slot holds the largest packet that is not BIG TCP

import { PACKET_OUTGOING } from '../bpf.ts';
import type { Capture, CaptureCounters, CaptureFilter, FrameBatch } from '../contract.ts';
import { AFTER_LOSS, CHECKSUM_PARTIAL, OUTGOING } from '../contract.ts';
import { check, intBytes, libc } from '../libc.ts';
import * as abi from './abi.ts';
import { CaptureSocket } from './capture-socket.ts';
import { MessageVector, vectorBytes } from './message-vector.ts';
import { heapMemory, type NativeMemory } from './native-memory.ts';
import { setOption, widenReceiveBuffer } from './packet-socket.ts';
import type { Receiver } from './receiver.ts';

/** Messages of one system call. */
const SLOTS = 64;
/** And a cache line, so that headers do not all fall into one set of the cache. */
const SLOT_BYTES = 65_536 + 64;
/** struct sockaddr_ll, whose sll_pkttype is at 10. */
const NAME_BYTES = 20;
const PKTTYPE = 10;
/** struct cmsghdr: u64 length with itself, level at 8, type at 12, then its data; the next begins at a multiple of 8. Here: time 32, losses 24, packet 40. */
const CONTROL_BYTES = 96;
const LEVEL = 8;
const TYPE = 12;
const DATA = 16;
// struct timespec; struct tpacket_auxdata
const NSEC = DATA + 8;
const LEN = DATA + 4;
const SNAPLEN = DATA + 8;

const VECTOR_BYTES = vectorBytes(SLOTS, CONTROL_BYTES);
/** A frame in the kernel's buffers takes so many times what it takes in a ring. */
const BUFFER_SHARE = 8;

/** Messages from the socket; of them waits as much as a ring of `ringBytes` would hold. */
export function messages(fd: number, ringBytes: number, rushFramesPerMs: number): Receiver {
  setOption(fd, abi.SOL_SOCKET, abi.SO_TIMESTAMPNS, intBytes(1), 'SO_TIMESTAMPNS');
  setOption(fd, abi.SOL_SOCKET, abi.SO_RXQ_OVFL, intBytes(1), 'SO_RXQ_OVFL');
  setOption(fd, abi.SOL_PACKET, abi.PACKET_AUXDATA, intBytes(1), 'PACKET_AUXDATA');
  widenReceiveBuffer(fd, (ringBytes * BUFFER_SHARE) / 2);
  return {
    bytes: VECTOR_BYTES + SLOTS * SLOT_BYTES,
    words: `recvmmsg with ${mebibytes(receiveBufferBytes(fd))} MiB of the kernel’s buffers`,
    mapMemory: heapMemory,
    hasStage: false,
    begin: (memory) => new Messages(fd, memory, rushFramesPerMs),
    abandon() {}, // ordinary memory
  };
}

class Messages implements Capture {
  readonly #socket: CaptureSocket;
  readonly #memory: NativeMemory;
  readonly #int32: Int32Array;
  readonly #vector: MessageVector;
  #received = 0; // messages of the last call
  #taken = 0; // of these
  #held = 0; // frames of the last take
  /** The kernel's count of losses when it queued the frame taken last (SO_RXQ_OVFL). */
  #lossesBefore = 0;

  constructor(fd: number, memory: NativeMemory, rushFramesPerMs: number) {
    this.#socket = new CaptureSocket(fd, () => this.#receive(), rushFramesPerMs);
    this.#memory = memory;
    this.#int32 = new Int32Array(memory.buffer, 0, VECTOR_BYTES / 4);
    this.#vector = new MessageVector(memory, 0, SLOTS, 0, NAME_BYTES, CONTROL_BYTES);
    for (let slot = 0; slot < SLOTS; slot++) this.#vector.add(slotAt(slot), SLOT_BYTES);
    this.#vector.makeRoom(SLOTS);
  }

  take(batch: FrameBatch): number {
    if (this.#held > 0) throw new Error('take before release: the frames of the last take are still out');
    const { loop, counters } = this.#socket;
    const most = Math.min(batch.capacity, loop.roundLeft);
    let count = 0;
    if (most > 0 && this.#receive()) {
      count = Math.min(most, this.#received - this.#taken);
      for (let index = 0; index < count; index++) this.#describe(batch, index, this.#taken + index);
      this.#taken += count;
    }
    batch.count = count;
    this.#held = count;
    loop.roundLeft -= count;
    counters.captured += count;
    return count;
  }

  release(): void {
    this.#held = 0;
  }

  onReadable(listener: () => void, mayLinger?: () => boolean): void {
    this.#socket.onReadable(listener, mayLinger);
  }

  setFilter(filter: CaptureFilter): void {
    this.#socket.setFilter(filter);
  }

  counters(): CaptureCounters {
    this.#socket.countDrops();
    return { ...this.#socket.counters };
  }

  close(): void {
    if (!this.#socket.isOpen) return;
    this.#socket.stop();
    this.#received = this.#taken = this.#held = 0;
    this.#socket.closeDescriptor();
  }

  /** Are there messages to be taken? Asks the kernel for more when all of the last call are released. */
  #receive(): boolean {
    if (this.#taken < this.#received) return true;
    if (this.#held > 0 || !this.#socket.isOpen) return false;
    this.#vector.makeRoom(this.#received);
    this.#received = Math.max(0, libc().recvmmsg(this.#socket.fd, this.#vector.address(0), SLOTS, abi.MSG_DONTWAIT, 0));
    this.#taken = 0;
    return this.#received > 0;
  }

  #describe(batch: FrameBatch, index: number, message: number): void {
    const int32 = this.#int32;
    const vector = this.#vector;
    const bytes = vector.movedBytes(message);
    let keptBytes = bytes; // by the filter
    let wireBytes = bytes;
    let flags = this.#memory.bytes[vector.nameAt(message) + PKTTYPE] === PACKET_OUTGOING ? OUTGOING : 0;
    const controlAt = vector.controlAt(message);
    const end = controlAt + vector.controlUsedBytes(message);
    for (let at = controlAt; at < end; at += (int32[at >> 2]! + 7) & ~7) {
      const type = int32[(at + TYPE) >> 2]!;
      if (int32[(at + LEVEL) >> 2] === abi.SOL_PACKET) {
        if ((int32[(at + DATA) >> 2]! & abi.TP_STATUS_CSUMNOTREADY) !== 0) flags |= CHECKSUM_PARTIAL;
        wireBytes = int32[(at + LEN) >> 2]!;
        keptBytes = int32[(at + SNAPLEN) >> 2]!;
      } else if (type === abi.SO_TIMESTAMPNS) {
        batch.capturedAtUs[index] = (int32[(at + DATA) >> 2]! >>> 0) * 1e6 + int32[(at + NSEC) >> 2]! / 1e3;
      } else if (type === abi.SO_RXQ_OVFL) {
        const losses = int32[(at + DATA) >> 2]!;
        if (losses !== this.#lossesBefore) flags |= AFTER_LOSS;
        this.#lossesBefore = losses;
      }
    }
    if (bytes < keptBytes) this.#socket.counters.truncated++; // cut by the slot
    batch.at[index] = slotAt(message);
    batch.lengthBytes[index] = bytes;
    batch.wireBytes[index] = wireBytes;
    batch.flags[index] = flags;
  }
}

const slotAt = (slot: number): number => VECTOR_BYTES + slot * SLOT_BYTES;

/** As granted. */
function receiveBufferBytes(fd: number): number {
  const value = new Int32Array(1);
  check(libc().getsockopt(fd, abi.SOL_SOCKET, abi.SO_RCVBUF, new Uint8Array(value.buffer), intBytes(4)), 'SO_RCVBUF');
  return value[0]!;
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0);
