// Which interface leads where, and what it can carry (Linux: /proc/net/route, /proc/net/ipv6_route, /sys/class/net).
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { type AddressWords, isIpv4Words, parseAddress } from '@parallax/wire';

const readLines = (path: string): string[] => {
  try {
    return readFileSync(path, 'utf8').trim().split('\n');
  } catch {
    return [];
  }
};

const maskMatches = (a: AddressWords, b: AddressWords, bits: number): boolean => {
  for (let word = 0, left = bits; word < 4 && left > 0; word++, left -= 32) {
    const mask = left >= 32 ? -1 : -1 << (32 - left);
    if ((a[word]! & mask) !== (b[word]! & mask)) return false;
  }
  return true;
};

/** The interface of the most specific route to an address; null when there is none. */
export function interfaceTo(address: string): string | null {
  const wanted = parseAddress(address);
  if (wanted === null) return null;
  let best: { name: string; bits: number } | null = null;
  if (isIpv4Words(wanted)) {
    for (const line of readLines('/proc/net/route').slice(1)) {
      const [name, destination, , flags, , , , mask] = line.split('\t');
      if (name === undefined || destination === undefined || mask === undefined || (Number.parseInt(flags ?? '0', 16) & 1) === 0) continue;
      const littleEndian = (hex: string) => Buffer.from(hex, 'hex').readInt32LE(0);
      const maskWord = littleEndian(mask);
      const bits = Math.clz32(~maskWord);
      if ((wanted[3] & maskWord) === (littleEndian(destination) & maskWord) && (best === null || bits > best.bits)) best = { name, bits };
    }
  } else {
    for (const line of readLines('/proc/net/ipv6_route')) {
      const [destination, bitsHex, , , , , , , flags, name] = line.split(/\s+/);
      if (destination === undefined || bitsHex === undefined || name === undefined || (Number.parseInt(flags ?? '0', 16) & 1) === 0) continue;
      const bytes = Buffer.from(destination, 'hex');
      const words: AddressWords = [bytes.readInt32BE(0), bytes.readInt32BE(4), bytes.readInt32BE(8), bytes.readInt32BE(12)];
      const bits = Number.parseInt(bitsHex, 16);
      if (name !== 'lo' && maskMatches(wanted, words, bits) && (best === null || bits > best.bits)) best = { name, bits };
    }
  }
  return best?.name ?? null;
}

/** The interface of the default route, otherwise the first that is up and not the loopback; null when there is none. */
export function defaultInterface(): string | null {
  for (const line of readLines('/proc/net/route').slice(1)) {
    const [name, destination] = line.split('\t');
    if (destination === '00000000' && name !== undefined) return name;
  }
  return Object.entries(networkInterfaces()).find(([, addresses]) => addresses?.some((each) => !each.internal))?.[0] ?? null;
}

/** Every interface of this host (of this network namespace). */
export function interfaceNames(): string[] {
  const fromProc = readLines('/proc/net/dev')
    .slice(2)
    .map((line) => line.split(':')[0]!.trim());
  return fromProc.length > 0 ? fromProc : Object.keys(networkInterfaces());
}

const sys = (name: string, file: string): string | null => {
  try {
    return readFileSync(`/sys/class/net/${name}/${file}`, 'utf8').trim();
  } catch {
    return null;
  }
};

/** Largest IP packet of an interface in bytes; 1500 where the kernel does not say. */
export function mtuOf(name: string): number {
  const mtu = Number(sys(name, 'mtu'));
  return Number.isInteger(mtu) && mtu >= 68 ? mtu : 1500;
}

/** Up as far as its operator is concerned. */
export const isUp = (name: string): boolean => (Number(sys(name, 'flags') ?? '1') & 1) === 1;

/** First global address of an interface; null when it has none. */
export function addressOf(name: string): string | null {
  const addresses = networkInterfaces()[name] ?? [];
  return addresses.find((each) => each.family === 'IPv4')?.address ?? addresses.find((each) => !each.address.startsWith('fe80'))?.address ?? null;
}
