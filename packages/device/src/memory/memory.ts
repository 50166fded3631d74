// A device without a network: frames are pushed in, what was sent is read back.
import { runBpf } from '../bpf-run.ts';
import { type CaptureFilter, CHECKSUM_PARTIAL, type Io, OUTGOING } from '../contract.ts';
import { FrameQueue, ordinaryMemory } from '../frame-queue.ts';
import { SLOTS_BYTES, SlotInject } from '../slot-inject.ts';

export interface MemoryOptions {
  filter: CaptureFilter;
  inject?: boolean;
  storeBytes?: number;
  ringBytes?: number;
  /** Larger packets are refused with EMSGSIZE, as a raw socket does; 1500 by default. */
  mtuBytes?: number;
}

export interface PushedFrame {
  /** From the IP header on. */
  bytes: Uint8Array;
  capturedAtUs: number;
  outgoing?: boolean;
  checksumPartial?: boolean;
}

export interface MemoryIo extends Io {
  /** A frame passes the interface: kept if the filter says so, at the length it says. */
  push(frame: PushedFrame): void;
  /** Packets sent since the last call, in order. */
  injected(): Uint8Array[];
}

/** Open the test backend. The filter's program runs as in the kernel; dropped means there was no room. */
export function openMemory(options: MemoryOptions): MemoryIo {
  const { ringBytes = 1024 * 1024, storeBytes = 0, mtuBytes = 1500 } = options;
  const storeAt = ringBytes + (options.inject === false ? 0 : SLOTS_BYTES);
  const memory = ordinaryMemory(storeAt + storeBytes);
  let { filter } = options;
  let sent: Uint8Array[] = [];
  const capture = new FrameQueue(
    memory,
    ringBytes,
    (next) => {
      filter = next;
    },
    () => {},
  );
  const transmit = (at: number, lengthBytes: number) => {
    if (lengthBytes > mtuBytes) return 'EMSGSIZE';
    sent.push(memory.bytes.slice(at, at + lengthBytes));
    return null;
  };
  const inject = options.inject === false ? null : new SlotInject(memory, ringBytes, transmit, () => {});
  return {
    backend: 'memory',
    why: 'frames come from a test',
    memory,
    storeAt,
    storeBytes,
    capture,
    inject,
    stage: () => null,
    discard() {}, // ordinary memory
    push({ bytes, capturedAtUs, outgoing = false, checksumPartial = false }) {
      const facts = { packetType: outgoing ? 4 : 0, protocol: bytes[0]! >> 4 === 6 ? 0x86dd : 0x0800 };
      const keptBytes = runBpf(filter.program, bytes, facts);
      const flags = (outgoing ? OUTGOING : 0) | (checksumPartial ? CHECKSUM_PARTIAL : 0);
      if (keptBytes > 0) capture.push(bytes, 0, keptBytes, bytes.length, capturedAtUs, flags);
    },
    injected() {
      const packets = sent;
      sent = [];
      return packets;
    },
    close() {
      capture.close();
      inject?.close();
    },
  };
}
