// Packets for tests, built from words.
import { parseAddress } from '../address.ts';

export interface PacketWords {
  from: string;
  to: string;
  fromPort: number;
  toPort: number;
  payload?: Uint8Array;
  /** 4-byte words of IPv4 options (NOP). */
  optionWords?: number;
  /** IPv4 fragment offset in 8-byte units. */
  fragmentOffset?: number;
  /** IP protocol or next header; 6 by default. */
  protocol?: number;
  /** TCP flags; SYN by default. */
  flags?: number;
  /** Sequence number, to tell packets apart. */
  seq?: number;
  ack?: number;
}

/** A TCP segment as one IP packet with valid checksums. */
export function tcpPacket(words: PacketWords): Uint8Array {
  const { from, to, payload = new Uint8Array(0), optionWords = 0, protocol = 6 } = words;
  const source = parseAddress(from);
  const destination = parseAddress(to);
  const ipBytes = source.family === 4 ? 20 + optionWords * 4 : 40;
  const packet = new Uint8Array(ipBytes + 20 + payload.length);
  const view = new DataView(packet.buffer);
  const tcpBytes = packet.length - ipBytes;
  const pseudo = new DataView(new ArrayBuffer(40));
  for (const [index, word] of [...source.words, ...destination.words].entries()) pseudo.setInt32(index * 4, word);
  if (source.family === 4) {
    view.setUint16(0, 0x4500 + (optionWords << 8));
    view.setUint16(2, packet.length);
    view.setUint16(6, words.fragmentOffset ?? 0x4000);
    view.setUint16(8, 0x4000 + protocol);
    view.setInt32(12, source.words[3]);
    view.setInt32(16, destination.words[3]);
    packet.fill(1, 20, ipBytes);
    view.setUint16(10, checksum(packet.subarray(0, ipBytes), 0));
    pseudo.setUint32(8, 0); // without ::ffff
    pseudo.setUint32(24, 0);
  } else {
    view.setUint32(0, 0x6000_0000);
    view.setUint16(4, tcpBytes);
    view.setUint16(6, protocol * 256 + 64);
    packet.set(new Uint8Array(pseudo.buffer, 0, 32), 8);
  }
  pseudo.setUint32(32, tcpBytes);
  pseudo.setUint32(36, protocol);
  view.setUint16(ipBytes, words.fromPort);
  view.setUint16(ipBytes + 2, words.toPort);
  view.setUint32(ipBytes + 4, words.seq ?? 1);
  view.setUint32(ipBytes + 8, words.ack ?? 0);
  view.setUint16(ipBytes + 12, 0x5000 + (words.flags ?? 0x02));
  view.setUint16(ipBytes + 14, 65_535);
  packet.set(payload, ipBytes + 20);
  view.setUint16(ipBytes + 16, checksum(packet.subarray(ipBytes), sum(new Uint8Array(pseudo.buffer), 0)));
  return packet;
}

/** RFC 1071 over the bytes, with what was summed before. */
function checksum(bytes: Uint8Array, before: number): number {
  let total = sum(bytes, before);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}

function sum(bytes: Uint8Array, before: number): number {
  return bytes.reduce((total, byte, index) => total + (index % 2 === 0 ? byte << 8 : byte), before);
}
