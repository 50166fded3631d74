// The default backend: a packet socket in, the link or raw sockets out, one memory.
import type { Io, IoOptions, RxWay } from '../contract.ts';
import { libc } from '../libc.ts';
import { blockRing } from './block-ring.ts';
import { frameRing } from './frame-ring.ts';
import { INJECT_BYTES, RingInject } from './inject.ts';
import { messages } from './messages.ts';
import { discardPages, type NativeMemory, pageAligned } from './native-memory.ts';
import { bindPacketSocket, interfaceIndex, openPacketSocket } from './packet-socket.ts';
import { ringSize } from './receive-ring.ts';
import { NoRing, type Receiver } from './receiver.ts';
import { RingStage } from './stage.ts';

/** 32 768 small frames: some 150 ms at 200 000 packets a second. */
const DEFAULT_RING_BYTES = 16 * 1024 * 1024;
/** A rush: some 7000 requests a second with what both sides say of them, or 8000 answers where nothing is sent. */
const RUSH_FRAMES_PER_MS = { sending: 20, listening: 8 };

type Way = Exclude<RxWay, 'auto'>;
type Options = Omit<IoOptions, 'io'>;

const receivers: Record<Way, (fd: number, ringBytes: number, rushFramesPerMs: number) => Receiver> = { v2: frameRing, v3: blockRing, recvmmsg: messages };

/**
 * Capture, and send if asked, through the kernel's own sockets. Where `rx` is auto, frames come through a ring, or as messages if there is no ring to be had,
 * and `why` says what stood in the way. Throws a sentence if the interface does not exist, a capability is missing, the way asked for cannot be had, or the
 * platform is not 64-bit Linux. Memory that is mapped is never unmapped, so views outlive `close`.
 */
export function openRing(options: Options): Io {
  const { rx = 'auto', interfaceName } = options;
  try {
    return open(options, rx === 'auto' ? 'v2' : rx, '');
  } catch (error) {
    if (!(error instanceof NoRing)) throw error;
    if (rx === 'auto') return open(options, 'recvmmsg', `, because there is no packet ring to be had: ${error.message}`);
    const remedy = 'give --rx recvmmsg, which needs no ring, or --rx auto';
    throw new Error(`cannot receive by --rx ${rx} on ${interfaceName}: ${error.message}; ${remedy}`, { cause: error });
  }
}

function open(options: Options, way: Way, because: string): Io {
  const { interfaceName, storeBytes } = options;
  const index = interfaceIndex(interfaceName);
  const ringBytes = ringSize(options.ringBytes ?? DEFAULT_RING_BYTES);
  const fd = openPacketSocket(interfaceName, options.filter);
  let inject: RingInject | null = null;
  let abandon = () => {};
  try {
    const receiver = receivers[way](fd, ringBytes, RUSH_FRAMES_PER_MS[options.inject ? 'sending' : 'listening']);
    const injectAt = pageAligned(receiver.bytes);
    const storeAt = injectAt + (options.inject ? pageAligned(INJECT_BYTES) : 0);
    const memory: NativeMemory = receiver.mapMemory(pageAligned(storeAt + storeBytes));
    abandon = () => receiver.abandon(memory);
    memory.bytes.fill(0, injectAt, storeAt); // touch the pages now, not in the first burst; those of large frames only when they come
    inject = options.inject ? new RingInject(memory, injectAt, index, options.tx ?? 'auto') : null;
    bindPacketSocket(fd, index);
    const capture = receiver.begin(memory);
    return {
      backend: 'ring',
      why: `${receiver.words} on ${interfaceName}${because}${inject === null ? '' : `${because === '' ? ',' : ';'} ${sendingOf(inject)}`}`,
      memory,
      storeAt,
      storeBytes,
      capture,
      inject,
      stage: (at) => (receiver.hasStage && inject !== null ? new RingStage(memory, at, injectAt, index) : null),
      discard: (at, bytes) => discardPages(memory, at, bytes),
      close() {
        capture.close();
        inject?.close();
      },
    };
  } catch (error) {
    inject?.close();
    abandon();
    libc().close(fd);
    throw error;
  }
}

const sendingOf = ({ whyNotLink }: RingInject): string =>
  whyNotLink === '' ? 'sending on the link where the next hop is known' : `sending by raw sockets: ${whyNotLink}`;
