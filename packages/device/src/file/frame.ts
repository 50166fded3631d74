// What both file formats share: frames, link types, errors.
import { OUTGOING } from '../contract.ts';
import { ipOffset, isKnownLinkType, packetType } from '../link-type.ts';

/** A frame as a range of the file's bytes. */
export interface FileFrame {
  /** Offset of the IP header. */
  readonly at: number;
  /** Bytes kept, from the IP header on. */
  readonly lengthBytes: number;
  /** Bytes on the wire, from the IP header on. */
  readonly wireBytes: number;
  /** µs since 1970; 0 where the file has no time (pcapng simple packet blocks). */
  readonly capturedAtUs: number;
  /** OUTGOING where the file says so. */
  readonly flags: number;
}

/** The frame behind its link header, or null if it is not IP. */
export function frameAtIp(view: DataView, at: number, keptBytes: number, wireBytes: number, linkType: number, capturedAtUs: number): FileFrame | null {
  const end = at + keptBytes;
  const ip = ipOffset(view, at, end, linkType);
  if (ip < 0) return null;
  const flags = packetType(view, at, end, linkType) === 4 ? OUTGOING : 0;
  return { at: ip, lengthBytes: end - ip, wireBytes: Math.max(wireBytes, keptBytes) - (ip - at), capturedAtUs, flags };
}

export function checkLinkType(linkType: number, at: number): void {
  if (!isKnownLinkType(linkType)) throw fileError(`link type ${linkType} is not one of NULL, ETHERNET, RAW, LINUX_SLL, LINUX_SLL2`, at);
}

export const fileError = (words: string, at: number): Error => new Error(`this capture file cannot be read: ${words} (at byte ${at})`);
