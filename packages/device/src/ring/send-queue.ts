// Packets that wait for one system call: sendmmsg(2) on one socket, refusals counted by their errno.
import type { InjectCounters } from '../contract.ts';
import { errnoName, libc } from '../libc.ts';
import { MSG_DONTWAIT } from './abi.ts';
import { MessageVector, vectorBytes } from './message-vector.ts';
import type { NativeMemory } from './native-memory.ts';

/** Packets of one system call. */
export const QUEUE_PACKETS = 128;

/** In place of a descriptor: what is queued goes nowhere, and counts as sent. */
export const NOWHERE = -1;

/** Bytes of memory a queue needs. */
export const QUEUE_BYTES = vectorBytes(QUEUE_PACKETS);

/** Passing shortage: worth one more try. */
const isPassing = (errno: string): boolean => errno === 'EAGAIN' || errno === 'ENOBUFS' || errno === 'EINTR';

/** Who is told when the kernel refuses a packet, which lies where it was added. */
export type OnRefusal = (tag: number, errno: string, at: number, lengthBytes: number) => void;

/** A queue in front of one socket; takes the socket over. */
export class SendQueue {
  readonly #fd: number;
  readonly #vector: MessageVector;
  readonly #counters: InjectCounters;
  /** How many segments each message carries, and what its owner wants to know it by. */
  readonly #segments = new Uint16Array(QUEUE_PACKETS);
  readonly #tags = new Int32Array(QUEUE_PACKETS);
  readonly #onRefusal: OnRefusal;
  #isOpen = true;

  /** `family` and `nameBytes` are those of the sockaddr that each message carries. */
  constructor(fd: number, memory: NativeMemory, at: number, family: number, nameBytes: number, counters: InjectCounters, onRefusal: OnRefusal) {
    this.#fd = fd;
    this.#vector = new MessageVector(memory, at, QUEUE_PACKETS, family, nameBytes);
    this.#counters = counters;
    this.#onRefusal = onRefusal;
  }

  get isFull(): boolean {
    return this.#vector.count === QUEUE_PACKETS;
  }

  /** Add the packet at [at, at + lengthBytes) and return where its name (sockaddr) begins. */
  add(at: number, lengthBytes: number, tag = 0): number {
    this.#segments[this.#vector.count] = 1;
    this.#tags[this.#vector.count] = tag;
    return this.#vector.add(at, lengthBytes);
  }

  /** The packet added last carries one segment more. */
  growLast(lengthBytes: number): void {
    this.#segments[this.#vector.count - 1]!++;
    this.#vector.growLast(lengthBytes);
  }

  /** Give everything to the kernel. Errors are counted, never thrown. */
  flush(): void {
    const vector = this.#vector;
    const counters = this.#counters;
    let index = 0;
    let isRetry = false;
    while (index < vector.count) {
      const left = vector.count - index;
      const taken = this.#isOpen ? libc().sendmmsg(this.#fd, vector.address(index), left, MSG_DONTWAIT) : -1;
      const sent = this.#fd === NOWHERE ? left : taken;
      if (sent > 0) {
        for (const end = index + sent; index < end; index++) counters.sent += this.#segments[index]!;
        isRetry = false;
        continue;
      }
      const name = this.#isOpen ? errnoName(libc().errno()) : 'EBADF';
      if (!isRetry && isPassing(name)) {
        isRetry = true;
        continue;
      }
      const segments = this.#segments[index]!; // the first message of the call is the one refused
      counters.failed += segments;
      counters.failedBy[name] = (counters.failedBy[name] ?? 0) + segments;
      this.#onRefusal(this.#tags[index]!, name, vector.packetAt(index), vector.packetBytes(index));
      isRetry = false;
      index++;
    }
    vector.count = 0;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#fd !== NOWHERE) libc().close(this.#fd);
  }
}
