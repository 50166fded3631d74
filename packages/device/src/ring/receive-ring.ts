// What both kinds of packet ring have in common: their size, how the kernel is asked for them, and their place in the memory.

import { intBytes } from '../libc.ts';
import * as abi from './abi.ts';
import { mapMemory, type NativeMemory, unmapRing } from './native-memory.ts';
import { setOption } from './packet-socket.ts';
import { NoRing } from './receiver.ts';

const MAX_RING_BYTES = 64 * 1024 * 1024;
/** Rings are a multiple of that; contiguous pages the kernel finds for each block. */
export const BLOCK_BYTES = 256 * 1024;

/** A ring's size in whole blocks. Throws if it is more than the kernel should be asked for. */
export function ringSize(wantedBytes: number): number {
  if (!(wantedBytes > 0 && wantedBytes <= MAX_RING_BYTES)) throw new Error(`a packet ring of ${wantedBytes} bytes is outside 1-${MAX_RING_BYTES}`);
  return Math.ceil(wantedBytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** Throws NoRing. */
export function requestRing(fd: number, version: number, request: readonly number[], bytes: number): void {
  orNoRing(() => {
    setOption(fd, abi.SOL_PACKET, abi.PACKET_VERSION, intBytes(version), 'PACKET_VERSION');
    setOption(fd, abi.SOL_PACKET, abi.PACKET_RX_RING, new Uint8Array(Uint32Array.from(request).buffer), `PACKET_RX_RING of ${bytes} bytes`);
  });
}

/** The half of a receiver that is the same for every ring. */
export const ringAtBeginning = (fd: number, ringBytes: number) => ({
  mapMemory: (bytes: number): NativeMemory => orNoRing(() => mapMemory(bytes, fd, ringBytes)),
  abandon: (memory: NativeMemory): void => unmapRing(memory, ringBytes),
});

function orNoRing<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new NoRing((cause as Error).message, { cause });
  }
}
