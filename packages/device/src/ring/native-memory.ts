// One mapping holds everything, so one view and one offset reach it:
//
//   | ring (kernel fills) | spill (oversized frames) | slots, then message vectors | the caller's store |
//   0                     spillAt                    slotsAt                       storeAt
import type { Memory } from '../contract.ts';
import { check, libc } from '../libc.ts';
import * as abi from './abi.ts';

const PAGE_BYTES = 4096;

/** Offsets live in Int32Arrays. */
const MAX_BYTES = 2 ** 31 - PAGE_BYTES;

/** Memory outside the JavaScript heap at a fixed address, never unmapped: views of it stay readable as long as the process lives. */
export interface NativeMemory extends Memory {
  /** Where offset 0 is, for system calls. */
  readonly address: number;
}

export const pageAligned = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;

/** Reserve zeroed memory. Pages cost nothing until touched. Throws if it is too large for the offsets or the kernel refuses. */
export function mapMemory(bytes: number): NativeMemory {
  if (bytes > MAX_BYTES) throw new Error(`packet memory of ${bytes} bytes is more than the ${MAX_BYTES} that offsets reach: lower the store or the ring`);
  const flags = abi.MAP_PRIVATE | abi.MAP_ANONYMOUS | abi.MAP_NORESERVE;
  const address = check(libc().mmap(0, bytes, abi.PROT_READ_WRITE, flags, -1, 0), `mmap of ${bytes} bytes`);
  const buffer = libc().view(address, bytes);
  return { address, buffer, bytes: new Uint8Array(buffer), view: new DataView(buffer) };
}

/** Lay the ring of a packet socket over the beginning of the memory. */
export function mapRing(memory: NativeMemory, fd: number, bytes: number): void {
  const flags = abi.MAP_SHARED | abi.MAP_FIXED | abi.MAP_POPULATE;
  check(libc().mmap(memory.address, bytes, abi.PROT_READ_WRITE, flags, fd, 0), 'mmap of the packet ring');
}

/** Give whole pages inside [at, at + bytes) back; they read as zeros from then on. */
export function discardPages(memory: NativeMemory, at: number, bytes: number): void {
  const from = pageAligned(at);
  const to = Math.floor((at + bytes) / PAGE_BYTES) * PAGE_BYTES;
  if (to > from) check(libc().madvise(memory.address + from, to - from, abi.MADV_DONTNEED), 'madvise');
}

/** Put empty memory in the ring's place: the mapping keeps the socket alive, and views must stay readable. */
export function unmapRing(memory: NativeMemory, bytes: number): void {
  const flags = abi.MAP_PRIVATE | abi.MAP_FIXED | abi.MAP_ANONYMOUS | abi.MAP_NORESERVE;
  check(libc().mmap(memory.address, bytes, abi.PROT_READ_WRITE, flags, -1, 0), 'mmap in place of the packet ring');
}
