// One memory holds everything, so one view and one offset reach it:
//
//   | what the receiver needs (ring, spill) | transmit area, then message vectors | the caller's store |
//   0                                       injectAt                              storeAt
import type { Memory } from '../contract.ts';
import { ordinaryMemory } from '../frame-queue.ts';
import { check, libc } from '../libc.ts';
import * as abi from './abi.ts';

const PAGE_BYTES = 4096;

/** Offsets live in Int32Arrays. */
const MAX_BYTES = 2 ** 31 - PAGE_BYTES;

/** Memory outside of JavaScript's moving heap, at a fixed address as long as it is referenced. */
export interface NativeMemory extends Memory {
  /** Where offset 0 is, for system calls. */
  readonly address: number;
}

export const pageAligned = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

/**
 * Reserve zeroed memory with the ring of a packet socket over its beginning. Pages cost nothing until touched. Never unmapped: views stay readable as long as
 * the process lives. Throws if it is too large for the offsets, or the kernel refuses it, or the runtime a view of it.
 */
export function mapMemory(bytes: number, ringFd: number, ringBytes: number): NativeMemory {
  refuseTooLarge(bytes);
  const { mmap, munmap, view } = libc();
  const flags = abi.MAP_PRIVATE | abi.MAP_ANONYMOUS | abi.MAP_NORESERVE;
  const address = check(mmap(0, bytes, abi.PROT_READ_WRITE, flags, -1, 0), `mmap of ${bytes} bytes`);
  try {
    const ringFlags = abi.MAP_SHARED | abi.MAP_FIXED | abi.MAP_POPULATE;
    check(mmap(address, ringBytes, abi.PROT_READ_WRITE, ringFlags, ringFd, 0), 'mmap of the packet ring');
    const buffer = view(address, bytes);
    return { address, buffer, bytes: new Uint8Array(buffer), view: new DataView(buffer) };
  } catch (error) {
    munmap(address, bytes); // nobody has a view of it
    throw error;
  }
}

/** Memory that is no mapping of ours: the contents of an ArrayBuffer, which V8 does not move. Pages cost nothing until touched. Throws if there is not so much. */
export function heapMemory(bytes: number): NativeMemory {
  refuseTooLarge(bytes);
  try {
    const memory = ordinaryMemory(bytes);
    return { ...memory, address: Number(libc().addressOf(memory.bytes)) };
  } catch (cause) {
    throw new Error(`packet memory of ${bytes} bytes cannot be had (${(cause as Error).message}): this process may not have so much`, { cause });
  }
}

/** Give whole pages inside [at, at + bytes) back; they read as zeros from then on. */
export function discardPages(memory: NativeMemory, at: number, bytes: number): void {
  const from = pageAligned(memory.address + at);
  const to = Math.floor((memory.address + at + bytes) / PAGE_BYTES) * PAGE_BYTES;
  if (to > from) check(libc().madvise(from, to - from, abi.MADV_DONTNEED), 'madvise');
}

/** Put empty memory in the ring's place: the mapping keeps the socket alive, and views must stay readable. */
export function unmapRing(memory: NativeMemory, bytes: number): void {
  const flags = abi.MAP_PRIVATE | abi.MAP_FIXED | abi.MAP_ANONYMOUS | abi.MAP_NORESERVE;
  check(libc().mmap(memory.address, bytes, abi.PROT_READ_WRITE, flags, -1, 0), 'mmap in place of the packet ring');
}

function refuseTooLarge(bytes: number): void {
  if (bytes > MAX_BYTES) throw new Error(`packet memory of ${bytes} bytes is more than the ${MAX_BYTES} that offsets reach: lower the store or the ring`);
}
