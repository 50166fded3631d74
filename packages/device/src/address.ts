// IP addresses as the words that filters and tables compare.
import { isIPv4, isIPv6 } from 'node:net';

export interface IpWords {
  readonly family: 4 | 6;
  /** Four big-endian 32-bit words as int32. IPv4 stands in the last word, after ::ffff (RFC 4291 §2.5.5.2). */
  readonly words: readonly [number, number, number, number];
}

/** Read an IPv4 or IPv6 address (RFC 4291 §2.2, no zone). Throws an Error naming the text. */
export function parseAddress(text: string): IpWords {
  if (isIPv4(text)) return { family: 4, words: [0, 0, 0xffff, ipv4Word(text)] };
  if (!isIPv6(text) || text.includes('%')) throw new Error(`"${text}" is not an IP address`);
  const [head, tail] = text.split('::') as [string, string?];
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  const word = (at: number) => (all[at]! << 16) | all[at + 1]! | 0;
  return { family: 6, words: [word(0), word(2), word(4), word(6)] };
}

/** A port that a filter or a table may name. Throws an Error naming the value. */
export function parsePort(port: number): number {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`port ${port} is outside 1-65535`);
  return port;
}

function groups(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const word = ipv4Word(group); // dotted tail, RFC 4291 §2.2 form 3
    return [word >>> 16, word & 0xffff];
  });
}

function ipv4Word(text: string): number {
  return text.split('.').reduce((word, octet) => (word << 8) | Number(octet), 0) | 0;
}

/** The address in 4 or 16 bytes as text; IPv6 without `::`, which every reader takes. */
export function formatAddress(view: DataView, at: number, family: 4 | 6): string {
  if (family === 4) return `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`;
  return Array.from({ length: 8 }, (_, index) => view.getUint16(at + index * 2).toString(16)).join(':');
}
