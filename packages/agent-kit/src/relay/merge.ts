// Segments of one answer that follow each other are told as one, as a network card's receive offload would (GRO): nobody counts them.
import { ACK, PROTOCOL_TCP, PSH } from '@parallax/wire';

const MOST_PACKET_BYTES = 65_535;

/**
 * Let the IPv4 header in `record` (a recorded header of `headerBytes` at `recordAt`) stand for the packet at [packetAt, …) too, which was captured next.
 * True if that was possible: same connection, same acknowledgement, window and options, payload that goes on where the other ended, nothing but ACK and
 * a last PSH. Its total length and flags are changed in place; its checksums, which nobody checks, are not.
 */
export function mergeNext(record: DataView, recordAt: number, headerBytes: number, packet: DataView, packetAt: number): boolean {
  if (record.getUint8(recordAt) !== 0x45 || packet.getUint8(packetAt) !== 0x45 || packet.getUint8(packetAt + 9) !== PROTOCOL_TCP) return false;
  const flags = packet.getUint8(packetAt + 33);
  if (record.getUint8(recordAt + 33) !== ACK || (flags & ~PSH) !== ACK) return false;
  const totalBytes = record.getUint16(recordAt + 2);
  const nextBytes = packet.getUint16(packetAt + 2) - headerBytes;
  const payloadBytes = totalBytes - headerBytes;
  if (nextBytes <= 0 || payloadBytes <= 0 || totalBytes + nextBytes > MOST_PACKET_BYTES) return false;
  if (((record.getInt32(recordAt + 24) + payloadBytes) | 0) !== packet.getInt32(packetAt + 24)) return false; // seq
  if (record.getInt32(recordAt + 28) !== packet.getInt32(packetAt + 28)) return false; // ack
  for (const at of SAME) if (record.getInt32(recordAt + at) !== packet.getInt32(packetAt + at)) return false;
  if (record.getUint8(recordAt + 32) !== packet.getUint8(packetAt + 32) || record.getUint16(recordAt + 34) !== packet.getUint16(packetAt + 34)) return false;
  for (let at = 40; at < headerBytes; at += 4) if (record.getInt32(recordAt + at) !== packet.getInt32(packetAt + at)) return false;
  record.setUint16(recordAt + 2, totalBytes + nextBytes);
  record.setUint8(recordAt + 33, flags);
  return true;
}

/** Addresses and ports. */
const SAME = [12, 16, 20] as const;
