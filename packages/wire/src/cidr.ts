// Networks of addresses as `10.0.0.0/8` or `2001:db8::/32` (RFC 4632 §3.1, RFC 4291 §2.3); an address alone is a network of one.
import { type AddressWords, isIpv4Words, parseAddress } from './address.ts';

/** `prefixBits` of the four words: an IPv4 prefix of 8 is 104. */
export interface Cidr {
  readonly first: AddressWords;
  readonly prefixBits: number;
}

/** The bits of word `index` that a prefix covers, as a signed mask. */
const maskOf = (prefixBits: number, index: number): number => {
  const bits = Math.min(32, Math.max(0, prefixBits - index * 32));
  return bits === 0 ? 0 : (-1 << (32 - bits)) | 0;
};

/** The first address of the network of that prefix around an address. */
const firstOf = (words: AddressWords, prefixBits: number): AddressWords => [
  words[0] & maskOf(prefixBits, 0),
  words[1] & maskOf(prefixBits, 1),
  words[2] & maskOf(prefixBits, 2),
  words[3] & maskOf(prefixBits, 3),
];

/** Read a network; bits behind the prefix are cleared. Null if it is none. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf('/');
  const words = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (words === null) return null;
  const isV4 = !text.includes(':');
  const mostBits = isV4 ? 32 : 128;
  const bitsText = slash < 0 ? String(mostBits) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(bitsText) || Number(bitsText) > mostBits) return null;
  const prefixBits = Number(bitsText) + (isV4 ? 96 : 0);
  return { first: firstOf(words, prefixBits), prefixBits };
}

/** Is the address in the network? An IPv4 address is in no IPv6 network, though it is written as one. */
export function isInside(words: AddressWords, { first, prefixBits }: Cidr): boolean {
  if (prefixBits < 96 && isIpv4Words(words)) return false;
  for (let index = 0; index < 4 && prefixBits > index * 32; index++) {
    if (((words[index]! ^ first[index]!) & maskOf(prefixBits, index)) !== 0) return false;
  }
  return true;
}

/** Do they have an address in common? Then one holds the other. */
export const cidrsOverlap = (a: Cidr, b: Cidr): boolean => (a.prefixBits <= b.prefixBits ? isInside(b.first, a) : isInside(a.first, b));

/** IPv4 keeps its first address for the network and its last for broadcast (RFC 1122 §3.2.1.3), IPv6 its first for routers (RFC 4291 §2.6.1); networks of one or two addresses keep none (RFC 3021). */
const reservedOf = (cidr: Cidr): { first: number; last: number } =>
  cidr.prefixBits >= 127 ? { first: 0, last: 0 } : { first: 1, last: isIpv4Words(cidr.first) ? 1 : 0 };

/** How many addresses of the network a host may have; a double, exact up to 2^53. */
export function hostCount(cidr: Cidr): number {
  const reserved = reservedOf(cidr);
  return 2 ** (128 - cidr.prefixBits) - reserved.first - reserved.last;
}

/** The host address of that ordinal, from 0 to below `hostCount` and 2^31. */
export function hostAt(cidr: Cidr, ordinal: number): AddressWords {
  const [a, b, c, d] = cidr.first;
  const low = (d >>> 0) + ordinal + reservedOf(cidr).first;
  return [a, b, low > 0xffffffff ? (c + 1) | 0 : c, low | 0];
}
