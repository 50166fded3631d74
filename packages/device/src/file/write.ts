// Frames as pcap or pcapng bytes: link type RAW, little endian, so every frame begins at its IP header.
import { OUTGOING } from '../contract.ts';
import { LINK_RAW } from '../link-type.ts';

export type CaptureFormat = 'pcap' | 'pcap-ns' | 'pcapng';

export interface WrittenFrame {
  /** What was kept, from the IP header on. */
  readonly bytes: Uint8Array;
  /** Bytes on the wire, from the IP header on; all were kept if left out. */
  readonly wireBytes?: number;
  /** µs since 1970. */
  readonly capturedAtUs: number;
  /** OUTGOING is kept by pcapng only. */
  readonly flags?: number;
}

const SNAP_BYTES = 262_144;
const INBOUND = 1;
const OUTBOUND = 2;

/** A whole file, chunk by chunk: header first, then one chunk per frame. */
export function* writeCapture(frames: Iterable<WrittenFrame>, format: CaptureFormat): Generator<Uint8Array> {
  yield captureHeader(format);
  for (const frame of frames) yield captureRecord(frame, format);
}

/** What stands before the first frame. */
export function captureHeader(format: CaptureFormat): Uint8Array {
  if (format === 'pcapng') {
    const section = words([0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28]); // version 1.0, length unknown
    const device = words([1, 32, LINK_RAW, SNAP_BYTES, 9 | (1 << 16), 9, 0, 32]); // if_tsresol: 10^-9 s
    return new Uint8Array([...section, ...device]);
  }
  return words([format === 'pcap' ? 0xa1b2c3d4 : 0xa1b23c4d, 2 | (4 << 16), 0, 0, SNAP_BYTES, LINK_RAW]);
}

/** One frame as it follows the header or another frame. */
export function captureRecord(frame: WrittenFrame, format: CaptureFormat): Uint8Array {
  const { bytes, wireBytes = bytes.length, capturedAtUs, flags = 0 } = frame;
  const seconds = Math.floor(capturedAtUs / 1e6);
  if (format === 'pcapng') {
    const nanoseconds = BigInt(seconds) * 1_000_000_000n + BigInt(Math.round((capturedAtUs - seconds * 1e6) * 1000));
    const paddedBytes = (bytes.length + 3) & ~3;
    const blockBytes = 28 + paddedBytes + 12 + 4;
    const block = new Uint8Array(blockBytes);
    block.set(words([6, blockBytes, 0, Number(nanoseconds >> 32n), Number(nanoseconds & 0xffffffffn), bytes.length, wireBytes]));
    block.set(bytes, 28);
    block.set(words([2 | (4 << 16), flags & OUTGOING ? OUTBOUND : INBOUND, 0, blockBytes]), 28 + paddedBytes); // epb_flags, end of options
    return block;
  }
  const fraction = capturedAtUs - seconds * 1e6;
  const record = new Uint8Array(16 + bytes.length);
  record.set(words([seconds, Math.floor(format === 'pcap' ? fraction : fraction * 1000), bytes.length, wireBytes]));
  record.set(bytes, 16);
  return record;
}

function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value, true);
  return bytes;
}
