// A packet socket: made, filtered, bound and counted here. How frames come out of it: receiver.ts.
import type { CaptureFilter } from '../contract.ts';
import { check, intBytes, libc, SystemCallError } from '../libc.ts';
import * as abi from './abi.ts';

/** The number of an interface, 0 for "any". Throws naming the interfaces that exist. */
export function interfaceIndex(name: string): number {
  if (name === 'any') return 0;
  const index = libc().if_nametoindex(name);
  if (index === 0) throw new Error(`no interface "${name}": this host has ${libc().interfaceNames().join(', ')}`);
  return index;
}

/** A packet socket that sees nothing yet: filter set, not bound. Frames and filter begin at the IP header (SOCK_DGRAM). */
export function openPacketSocket(interfaceName: string, filter: CaptureFilter): number {
  const fd = openSocket(interfaceName);
  try {
    attachFilter(fd, filter);
    return fd;
  } catch (cause) {
    libc().close(fd);
    throw new Error(`cannot capture on ${interfaceName}: ${(cause as Error).message}`, { cause });
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

/** Let so much wait in the kernel's own buffers, whole ones, of which it grants twice as much. False without CAP_NET_ADMIN: up to rmem_max. */
export function widenReceiveBuffer(fd: number, bytes: number): boolean {
  const { setsockopt } = libc();
  if (setsockopt(fd, abi.SOL_SOCKET, abi.SO_RCVBUFFORCE, intBytes(bytes), 4) === 0) return true;
  setsockopt(fd, abi.SOL_SOCKET, abi.SO_RCVBUF, intBytes(bytes), 4);
  return false;
}

/** Frames lost for want of room since the last call: reading resets the kernel's count. How often a ring of blocks froze (tp_freeze_q_cnt) is in it too. */
export function takeDropCount(fd: number): number {
  const statistics = new Uint32Array(3); // struct tpacket_stats
  check(libc().getsockopt(fd, abi.SOL_PACKET, abi.PACKET_STATISTICS, new Uint8Array(statistics.buffer), intBytes(8)), 'PACKET_STATISTICS');
  return statistics[1]!;
}

/** Read and clear the pending error, as ENETDOWN after the interface went down. */
export function clearError(fd: number): void {
  libc().getsockopt(fd, abi.SOL_SOCKET, abi.SO_ERROR, new Uint8Array(4), intBytes(4));
}

export function setOption(fd: number, level: number, name: number, value: Uint8Array, words: string): void {
  check(libc().setsockopt(fd, level, name, value, value.length), words);
}

function openSocket(interfaceName: string): number {
  try {
    return check(libc().socket(abi.AF_PACKET, abi.SOCK_DGRAM, 0), 'socket(AF_PACKET)');
  } catch (cause) {
    if (!(cause instanceof SystemCallError && cause.code === 'EPERM')) throw cause;
    throw new Error(`cannot capture on ${interfaceName}: CAP_NET_RAW is missing; run as root or grant it with setcap cap_net_raw+ep`, { cause });
  }
}
