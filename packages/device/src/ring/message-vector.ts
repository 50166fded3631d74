// What sendmmsg(2) and recvmmsg(2) read: messages that point at packets in the same memory.
import type { NativeMemory } from './native-memory.ts';

const MESSAGE_BYTES = 64; // struct mmsghdr: name 0, namelen 8, iov 16, iovlen 24, control 32, controllen 40, flags 48, msg_len 56
const IOVEC_BYTES = 16; // base 0, len 8
const NAME_BYTES = 32; // struct sockaddr_in (16) or sockaddr_in6 (28), padded

/** Bytes a vector of so many messages takes, each with `controlBytes` (a multiple of 8) of control messages. */
export const vectorBytes = (capacity: number, controlBytes = 0): number => capacity * (MESSAGE_BYTES + IOVEC_BYTES + NAME_BYTES + controlBytes);

/** Room for `capacity` messages, each one packet to one address. Filling it allocates nothing. */
export class MessageVector {
  count = 0;
  readonly #memory: NativeMemory;
  readonly #uint32: Uint32Array;
  readonly #at: number;
  readonly #iovecsAt: number;
  readonly #namesAt: number;
  readonly #controlsAt: number;
  readonly #controlBytes: number;

  /** `family` goes into each message's own name, whose struct has `nameBytes`. Control messages are received into `controlBytes`. */
  constructor(memory: NativeMemory, at: number, capacity: number, family: number, nameBytes: number, controlBytes = 0) {
    this.#memory = memory;
    this.#uint32 = new Uint32Array(memory.buffer);
    this.#at = at;
    this.#iovecsAt = at + capacity * MESSAGE_BYTES;
    this.#namesAt = this.#iovecsAt + capacity * IOVEC_BYTES;
    this.#controlsAt = this.#namesAt + capacity * NAME_BYTES;
    this.#controlBytes = controlBytes;
    for (let index = 0; index < capacity; index++) {
      const message = at + index * MESSAGE_BYTES;
      this.#pointer(message, this.nameAt(index));
      memory.view.setUint32(message + 8, nameBytes, true);
      this.#pointer(message + 16, this.#iovecsAt + index * IOVEC_BYTES);
      memory.view.setUint32(message + 24, 1, true);
      if (controlBytes > 0) this.#pointer(message + 32, this.controlAt(index));
      memory.view.setUint16(this.nameAt(index), family, true);
    }
  }

  /** Address of a message, for the system call. */
  address(index: number): number {
    return this.#memory.address + this.#at + index * MESSAGE_BYTES;
  }

  /** Add a packet and return where its name (sockaddr) begins. */
  add(packetAt: number, lengthBytes: number): number {
    const index = this.count++;
    const iovec = this.#iovecsAt + index * IOVEC_BYTES;
    this.#pointer(iovec, packetAt);
    this.#uint32[(iovec + 8) >> 2] = lengthBytes;
    return this.nameAt(index);
  }

  /** The packet added last has grown in place. */
  growLast(lengthBytes: number): void {
    this.#uint32[(this.#iovecsAt + (this.count - 1) * IOVEC_BYTES + 8) >> 2] = lengthBytes;
  }

  /** Where a message's packet lies in the memory, and its length. */
  packetAt(index: number): number {
    const iovec = (this.#iovecsAt + index * IOVEC_BYTES) >> 2;
    return this.#uint32[iovec]! + this.#uint32[iovec + 1]! * 0x1_0000_0000 - this.#memory.address;
  }
  packetBytes(index: number): number {
    return this.#uint32[(this.#iovecsAt + index * IOVEC_BYTES + 8) >> 2]!;
  }

  /** Bytes that a call moved of a message. */
  movedBytes(index: number): number {
    return this.#uint32[(this.#at + index * MESSAGE_BYTES + 56) >> 2]!;
  }

  /** Where a message's name and its control messages were received to, and how many bytes of the latter. */
  nameAt(index: number): number {
    return this.#namesAt + index * NAME_BYTES;
  }
  controlAt(index: number): number {
    return this.#controlsAt + index * this.#controlBytes;
  }
  controlUsedBytes(index: number): number {
    return this.#uint32[(this.#at + index * MESSAGE_BYTES + 40) >> 2]!;
  }

  /** Room for control messages again in the first `count`, of which the last call has left what it used. */
  makeRoom(count: number): void {
    for (let index = 0; index < count; index++) this.#uint32[(this.#at + index * MESSAGE_BYTES + 40) >> 2] = this.#controlBytes;
  }

  #pointer(at: number, target: number): void {
    const address = this.#memory.address + target;
    this.#uint32[at >> 2] = address; // stores wrap at 2^32
    this.#uint32[(at >> 2) + 1] = address / 0x1_0000_0000;
  }
}
