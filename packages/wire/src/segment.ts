// Whole TCP/IP packets written in place: what the engine wants said, as bytes for the wire.
import { type AddressWords, isIpv4Words } from './address.ts';
import { addToSum, finishSum, foldSum } from './checksum.ts';
import { PROTOCOL_TCP } from './ip.ts';

/** Time to live of copies: the client's own may be almost spent (tcp-behaviour row 47). */
const TTL = 64;
const DONT_FRAGMENT = 0x4000;
const noAddress: AddressWords = [0, 0, 0xffff, 0];

/** One TCP segment as fields. A sender keeps one instance and fills it again for each segment. */
export class Segment {
  source: AddressWords = noAddress;
  destination: AddressWords = noAddress;
  sourcePort = 0;
  destinationPort = 0;
  seq = 0;
  ack = 0;
  flags = 0;
  /** As sent, not scaled. */
  window = 0;
  /** With URG: how far behind `seq` the urgent data end. */
  urgentPointer = 0;
  /** SYN only: bytes, 0 leaves the option out. */
  mssBytes = 0;
  /** SYN only: -1 leaves the option out. */
  windowScale = -1;
  hasTimestamps = false;
  tsVal = 0;
  tsEcr = 0;
  /** Offset of the payload in the shared memory. */
  payloadAt = 0;
  payloadBytes = 0;
}

/** Largest header that `writeSegment` makes: IPv6, TCP, MSS, window scale, timestamps. */
export const MAX_HEADER_BYTES = 40 + 20 + 4 + 4 + 12;

/** Write the segment as a whole packet at `at`, its payload copied from the same memory, checksums computed. Returns its length in bytes. */
export function writeSegment(view: DataView, bytes: Uint8Array, at: number, segment: Segment): number {
  const lengthBytes = writePartialSegment(view, bytes, at, segment);
  completeChecksum(view, at, lengthBytes);
  return lengthBytes;
}

/**
 * As `writeSegment`, but the TCP checksum field holds only the folded sum of the pseudo header, which is what whoever finishes it starts from: the
 * kernel (CHECKSUM_PARTIAL, Documentation/networking/checksum-offloads.rst), the network card or `completeChecksum`.
 */
export function writePartialSegment(view: DataView, bytes: Uint8Array, at: number, segment: Segment): number {
  const isV4 = isIpv4Words(segment.destination);
  const tcpAt = at + (isV4 ? 20 : 40);
  let optionAt = tcpAt + 20;
  if (segment.mssBytes > 0) {
    view.setInt32(optionAt, 0x02040000 | segment.mssBytes);
    optionAt += 4;
  }
  if (segment.windowScale >= 0) {
    view.setInt32(optionAt, 0x01030300 | segment.windowScale); // NOP, kind 3, length 3
    optionAt += 4;
  }
  if (segment.hasTimestamps) {
    view.setInt32(optionAt, 0x0101080a); // NOP, NOP, kind 8, length 10 (RFC 7323 appendix A)
    view.setInt32(optionAt + 4, segment.tsVal);
    view.setInt32(optionAt + 8, segment.tsEcr);
    optionAt += 12;
  }
  const tcpBytes = optionAt - tcpAt + segment.payloadBytes;
  if (segment.payloadBytes > 0) bytes.copyWithin(optionAt, segment.payloadAt, segment.payloadAt + segment.payloadBytes);

  view.setUint16(tcpAt, segment.sourcePort);
  view.setUint16(tcpAt + 2, segment.destinationPort);
  view.setInt32(tcpAt + 4, segment.seq);
  view.setInt32(tcpAt + 8, segment.ack);
  view.setUint8(tcpAt + 12, ((optionAt - tcpAt) / 4) << 4);
  view.setUint8(tcpAt + 13, segment.flags);
  view.setUint16(tcpAt + 14, segment.window);
  view.setUint16(tcpAt + 18, segment.urgentPointer);
  const sum = isV4 ? writeIpv4(view, at, segment, 20 + tcpBytes) : writeIpv6(view, at, segment, tcpBytes);
  view.setUint16(tcpAt + 16, foldSum(sum + PROTOCOL_TCP + tcpBytes));
  return tcpAt - at + tcpBytes;
}

/**
 * Let the IPv4 packet of `lengthBytes` that `writePartialSegment` left at `at` go on with the payload of `segment`, which follows it in the stream; its
 * flags join those of the packet. Returns the new length, at most 65 535. The checksum stays partial.
 */
export function extendPartialSegment(view: DataView, bytes: Uint8Array, at: number, lengthBytes: number, segment: Segment): number {
  const totalBytes = lengthBytes + segment.payloadBytes;
  bytes.copyWithin(at + lengthBytes, segment.payloadAt, segment.payloadAt + segment.payloadBytes);
  view.setUint8(at + 33, view.getUint8(at + 33) | segment.flags);
  view.setUint16(at + 2, totalBytes);
  view.setUint16(at + 10, 0);
  view.setUint16(at + 10, finishSum(addToSum(view, at, 20, 0)));
  view.setUint16(at + 36, foldSum(addToSum(view, at + 12, 8, PROTOCOL_TCP + totalBytes - 20)));
  return totalBytes;
}

/** Finish the checksum of the packet that `writePartialSegment` left at `at`. */
export function completeChecksum(view: DataView, at: number, lengthBytes: number): void {
  const headerBytes = view.getUint8(at) >> 4 === 4 ? 20 : 40;
  const tcpAt = at + headerBytes;
  view.setUint16(tcpAt + 16, finishSum(addToSum(view, tcpAt, lengthBytes - headerBytes, 0)));
}

/** Returns the sum of the pseudo header's addresses (RFC 9293 §3.1). */
function writeIpv4(view: DataView, at: number, segment: Segment, totalBytes: number): number {
  view.setUint16(at, 0x4500);
  view.setUint16(at + 2, totalBytes);
  view.setUint16(at + 4, 0); // the identification means nothing with DF set (RFC 6864)
  view.setUint16(at + 6, DONT_FRAGMENT);
  view.setUint16(at + 8, (TTL << 8) | PROTOCOL_TCP);
  view.setUint16(at + 10, 0);
  view.setInt32(at + 12, segment.source[3]);
  view.setInt32(at + 16, segment.destination[3]);
  view.setUint16(at + 10, finishSum(addToSum(view, at, 20, 0)));
  return addToSum(view, at + 12, 8, 0);
}

function writeIpv6(view: DataView, at: number, segment: Segment, payloadBytes: number): number {
  view.setInt32(at, 0x60000000);
  view.setUint16(at + 4, payloadBytes);
  view.setUint16(at + 6, (PROTOCOL_TCP << 8) | TTL);
  for (let word = 0; word < 4; word++) {
    view.setInt32(at + 8 + word * 4, segment.source[word]!);
    view.setInt32(at + 24 + word * 4, segment.destination[word]!);
  }
  return addToSum(view, at + 8, 32, 0);
}
