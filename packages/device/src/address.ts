// IP addresses as the words that filters and tables compare.
import { type AddressWords, formatAddress as format, parseAddress as parse } from '@parallax/wire';

export interface IpWords {
  readonly family: 4 | 6;
  /** IPv4 stands in the last word, after ::ffff (RFC 4291 §2.5.5.2). */
  readonly words: AddressWords;
}

/** Read an IPv4 or IPv6 address (RFC 4291 §2.2, no zone). Throws an Error naming the text. */
export function parseAddress(text: string): IpWords {
  const words = parse(text);
  if (words === null) throw new Error(`"${text}" is not an IP address`);
  return { family: text.includes(':') ? 6 : 4, words };
}

/** A port that a filter or a table may name. Throws an Error naming the value. */
export function parsePort(port: number): number {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`port ${port} is outside 1-65535`);
  return port;
}

/** The address in 4 or 16 bytes of a packet as text. */
export function formatAddress(view: DataView, at: number, family: 4 | 6): string {
  if (family === 4) return format([0, 0, 0xffff, view.getInt32(at)]);
  return format([view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12)]);
}
