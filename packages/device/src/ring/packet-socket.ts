// A packet socket with a receive ring: made, filtered, bound and counted here; its frames are read in capture.ts.
import type { CaptureFilter } from '../contract.ts';
import { check, intBytes, libc, SystemCallError } from '../libc.ts';
import * as abi from './abi.ts';

/** Contiguous pages the kernel finds for each block. */
const BLOCK_BYTES = 256 * 1024;
/**
 * tpacket2_hdr, sockaddr_ll and padding take 80 bytes of each. 432 remain for headers and small requests, so that a ring holds many; what is longer waits
 * in the kernel's own buffers until recv() takes it. Without leave to enlarge those, frames have room for an MTU of 1500.
 */
const SMALL_FRAME_BYTES = 512;
const MTU_FRAME_BYTES = 2048;
const MAX_RING_BYTES = 64 * 1024 * 1024;
/** Bound of what waits for recv(), in whole kernel buffers: some 50 000 packets of 1500 bytes, or 1 800 of 64 KiB. Used only while it waits. */
const COPY_BUFFER_BYTES = 128 * 1024 * 1024;

/** A ring's size in whole blocks. Throws if it is more than the kernel should be asked for. */
export function ringSize(wantedBytes: number): number {
  if (!(wantedBytes > 0 && wantedBytes <= MAX_RING_BYTES)) throw new Error(`a packet ring of ${wantedBytes} bytes is outside 1-${MAX_RING_BYTES}`);
  return Math.ceil(wantedBytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** The number of an interface, 0 for "any". Throws naming the interfaces that exist. */
export function interfaceIndex(name: string): number {
  if (name === 'any') return 0;
  const index = libc().if_nametoindex(name);
  if (index === 0) throw new Error(`no interface "${name}": this host has ${libc().interfaceNames().join(', ')}`);
  return index;
}

/** A packet socket that sees nothing yet: filter set, ring made, not bound. Frames and filter begin at the IP header (SOCK_DGRAM). */
export function openPacketSocket(interfaceName: string, filter: CaptureFilter, ringBytes: number): { fd: number; frameBytes: number } {
  const fd = openSocket(interfaceName);
  try {
    attachFilter(fd, filter);
    setOption(fd, abi.SOL_PACKET, abi.PACKET_VERSION, intBytes(abi.TPACKET_V2), 'PACKET_VERSION');
    setOption(fd, abi.SOL_PACKET, abi.PACKET_COPY_THRESH, intBytes(1), 'PACKET_COPY_THRESH');
    const { setsockopt } = libc();
    let frameBytes = SMALL_FRAME_BYTES;
    if (setsockopt(fd, abi.SOL_SOCKET, abi.SO_RCVBUFFORCE, intBytes(COPY_BUFFER_BYTES), 4) < 0) {
      frameBytes = MTU_FRAME_BYTES;
      setsockopt(fd, abi.SOL_SOCKET, abi.SO_RCVBUF, intBytes(COPY_BUFFER_BYTES), 4); // without CAP_NET_ADMIN: up to rmem_max
    }
    const request = new Uint32Array([BLOCK_BYTES, ringBytes / BLOCK_BYTES, frameBytes, ringBytes / frameBytes]); // struct tpacket_req
    setOption(fd, abi.SOL_PACKET, abi.PACKET_RX_RING, new Uint8Array(request.buffer), `PACKET_RX_RING of ${ringBytes} bytes`);
    return { fd, frameBytes };
  } catch (cause) {
    libc().close(fd);
    const remedy = cause instanceof SystemCallError && cause.code === 'ENOMEM' ? '; ask for a smaller ring' : '';
    throw new Error(`cannot capture on ${interfaceName}: ${(cause as Error).message}${remedy}`, { cause });
  }
}

/** Let frames in: every protocol, because only then outgoing packets are seen (packet(7)). */
export function bindPacketSocket(fd: number, index: number): void {
  const address = new Uint8Array(20); // struct sockaddr_ll
  const view = new DataView(address.buffer);
  view.setUint16(0, abi.AF_PACKET, true);
  view.setUint16(2, abi.ETH_P_ALL);
  view.setInt32(4, index, true);
  check(libc().bind(fd, address, address.length), 'bind of the packet socket');
}

/** Set or replace the filter; the kernel changes over between two packets. */
export function attachFilter(fd: number, filter: CaptureFilter): void {
  const instructions = new Uint8Array(filter.program.length * 8); // struct sock_filter
  const view = new DataView(instructions.buffer);
  filter.program.forEach(([code, jt, jf, k], index) => {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jt);
    view.setUint8(index * 8 + 3, jf);
    view.setUint32(index * 8 + 4, k, true);
  });
  const program = new DataView(new ArrayBuffer(16)); // struct sock_fprog
  program.setUint16(0, filter.program.length, true);
  program.setBigUint64(8, libc().addressOf(instructions), true);
  setOption(fd, abi.SOL_SOCKET, abi.SO_ATTACH_FILTER, new Uint8Array(program.buffer), `SO_ATTACH_FILTER of "${filter.expression}"`);
}

/** Frames lost for want of room since the last call: reading resets the kernel's count. */
export function takeDropCount(fd: number): number {
  const statistics = new Uint32Array(3); // struct tpacket_stats
  check(libc().getsockopt(fd, abi.SOL_PACKET, abi.PACKET_STATISTICS, new Uint8Array(statistics.buffer), intBytes(8)), 'PACKET_STATISTICS');
  return statistics[1]!;
}

/** Read and clear the pending error, as ENETDOWN after the interface went down. */
export function clearError(fd: number): void {
  libc().getsockopt(fd, abi.SOL_SOCKET, abi.SO_ERROR, new Uint8Array(4), intBytes(4));
}

function openSocket(interfaceName: string): number {
  try {
    return check(libc().socket(abi.AF_PACKET, abi.SOCK_DGRAM, 0), 'socket(AF_PACKET)');
  } catch (cause) {
    if (!(cause instanceof SystemCallError && cause.code === 'EPERM')) throw cause;
    throw new Error(`cannot capture on ${interfaceName}: CAP_NET_RAW is missing; run as root or grant it with setcap cap_net_raw+ep`, { cause });
  }
}

function setOption(fd: number, level: number, name: number, value: Uint8Array, words: string): void {
  check(libc().setsockopt(fd, level, name, value, value.length), words);
}
