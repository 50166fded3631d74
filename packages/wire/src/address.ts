// Addresses as four 32-bit words: IPv6 as it is, IPv4 as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2).

/** Four signed 32-bit words, most significant first. */
export type AddressWords = readonly [number, number, number, number];

/** True if the words hold an IPv4 address. */
export const isIpv4Words = (words: AddressWords): boolean => words[0] === 0 && words[1] === 0 && words[2] === 0xffff;

/** Compared from the end, where they differ most often. */
export const isSameAddress = (a: AddressWords, b: AddressWords): boolean => a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0];

const parseIpv4 = (text: string): number | null => {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let word = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return null;
    word = (word << 8) | Number(part);
  }
  return word | 0;
};

const parseGroups = (text: string, mayEndDotted: boolean): number[] | null => {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const word = mayEndDotted && index === parts.length - 1 ? parseIpv4(part) : null;
      if (word === null) return null;
      groups.push((word >>> 16) & 0xffff, word & 0xffff);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
};

/** Read an IPv4 or IPv6 address (RFC 4291 §2.2, no zone). Null if it is neither. */
export function parseAddress(text: string): AddressWords | null {
  if (!text.includes(':')) {
    const word = parseIpv4(text);
    return word === null ? null : [0, 0, 0xffff, word];
  }
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...new Array<number>(halves.length === 2 ? missing : 0).fill(0), ...tail];
  const word = (index: number) => (groups[index * 2]! << 16) | groups[index * 2 + 1]! | 0;
  return [word(0), word(1), word(2), word(3)];
}

const formatIpv4 = (word: number) => `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;

/** An address as text, IPv6 in the form of RFC 5952. */
export function formatAddress(words: AddressWords): string {
  if (isIpv4Words(words)) return formatIpv4(words[3]);
  const groups = words.flatMap((word) => [(word >>> 16) & 0xffff, word & 0xffff]);
  let bestAt = -1;
  let bestLength = 1; // a single zero group is not shortened (RFC 5952 §4.2.2)
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length++;
    if (length > bestLength) [bestAt, bestLength] = [at, length];
    at += length;
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  return bestAt < 0 ? hex(groups) : `${hex(groups.slice(0, bestAt))}::${hex(groups.slice(bestAt + bestLength))}`;
}
