// What a network card, or the kernel in its place, does to segments before a capture sees them, or after.
import { type Libc, libc } from './libc.ts';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCETHTOOL = 0x8946;
/** struct ifreq: the name, and the address of a struct ethtool_value behind it (netdevice(7)). */
const NAME_BYTES = 16;
const IFREQ_BYTES = 40;

/** Commands that read one offload each (linux/ethtool.h), none of which needs a privilege; of the last, a bit. */
const OFFLOADS: readonly [name: string, command: number, mask: number][] = [
  ['receive checksums', 0x14, 1],
  ['transmit checksums', 0x16, 1],
  ['TSO', 0x1e, 1],
  ['GSO', 0x23, 1],
  ['GRO', 0x2b, 1],
  ['LRO', 0x25, 1 << 15],
];

/** The offloads of an interface that are on; null where they cannot be told, as for `any`, or where libc cannot be called, which the pcap backend does without. */
export function offloadsOf(interfaceName: string): string[] | null {
  try {
    return ask(libc(), interfaceName);
  } catch {
    return null;
  }
}

function ask({ socket, ioctl, close, addressOf }: Libc, interfaceName: string): string[] | null {
  const name = new TextEncoder().encode(interfaceName);
  if (name.length >= NAME_BYTES) return null;
  const fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) return null;
  try {
    const value = new Uint32Array(2); // struct ethtool_value: command, data
    const request = new Uint8Array(IFREQ_BYTES);
    request.set(name);
    new DataView(request.buffer).setBigUint64(NAME_BYTES, addressOf(new Uint8Array(value.buffer)), true);
    const on: string[] = [];
    for (const [offload, command, mask] of OFFLOADS) {
      value.set([command, 0]);
      if (ioctl(fd, SIOCETHTOOL, request) < 0) return null;
      if ((value[1]! & mask) !== 0) on.push(offload);
    }
    return on;
  } finally {
    close(fd);
  }
}
