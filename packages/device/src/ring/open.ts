// The default backend: AF_PACKET ring in, raw sockets out, one memory.
import type { Io, IoOptions } from '../contract.ts';
import { libc } from '../libc.ts';
import { RingCapture } from './capture.ts';
import { INJECT_BYTES, RingInject } from './inject.ts';
import { discardPages, mapMemory, mapRing, type NativeMemory, pageAligned, unmapRing } from './native-memory.ts';
import { bindPacketSocket, interfaceIndex, openPacketSocket, ringSize } from './packet-socket.ts';

/** 32 768 small frames: some 150 ms at 200 000 packets a second. */
const DEFAULT_RING_BYTES = 16 * 1024 * 1024;
/** Oversized frames of one batch: 64 of the largest that are not BIG TCP. */
const SPILL_BYTES = 4 * 1024 * 1024;
/** A rush: some 7000 requests a second with what both sides say of them, or 8000 answers where nothing is sent. */
const RUSH_FRAMES_PER_MS = { sending: 20, listening: 8 };

/**
 * Capture, and send if asked, through the kernel's own rings. Throws a sentence if the interface does not exist, a capability
 * is missing, or the platform is not 64-bit Linux. The memory is never unmapped, so views outlive `close`.
 */
export function openRing(options: Omit<IoOptions, 'io'>): Io {
  const { interfaceName, storeBytes } = options;
  const index = interfaceIndex(interfaceName);
  const ringBytes = ringSize(options.ringBytes ?? DEFAULT_RING_BYTES);
  const spill = { at: ringBytes, bytes: SPILL_BYTES };
  const injectAt = ringBytes + SPILL_BYTES;
  const storeAt = injectAt + (options.inject ? pageAligned(INJECT_BYTES) : 0);
  const { fd, frameBytes } = openPacketSocket(interfaceName, options.filter, ringBytes);
  let inject: RingInject | null = null;
  let mapped: NativeMemory | null = null;
  try {
    const memory = mapMemory(pageAligned(storeAt + storeBytes));
    mapRing(memory, fd, ringBytes);
    mapped = memory;
    memory.bytes.fill(0, injectAt, storeAt); // touch the pages now, not in the first burst; those of the spill only where frames are large
    inject = options.inject ? new RingInject(memory, injectAt, index, options.tx ?? 'auto') : null;
    bindPacketSocket(fd, index);
    const capture = new RingCapture(fd, memory, ringBytes, frameBytes, spill, RUSH_FRAMES_PER_MS[options.inject ? 'sending' : 'listening']);
    return {
      backend: 'ring',
      why: `packet ring of ${ringBytes / 2 ** 20} MiB on ${interfaceName}${inject === null ? '' : `, ${sendingOf(inject)}`}`,
      memory,
      storeAt,
      storeBytes,
      capture,
      inject,
      discard: (at, bytes) => discardPages(memory, at, bytes),
      close() {
        capture.close();
        inject?.close();
      },
    };
  } catch (error) {
    inject?.close();
    if (mapped !== null) unmapRing(mapped, ringBytes);
    libc().close(fd);
    throw error;
  }
}

const sendingOf = ({ whyNotLink }: RingInject): string =>
  whyNotLink === '' ? 'sending on the link where the next hop is known' : `sending by raw sockets: ${whyNotLink}`;
