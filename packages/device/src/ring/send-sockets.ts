// The sockets that packets leave through: raw(7) by the kernel's own routing, packet(7) on the link.
import { check, intBytes, libc, SystemCallError } from '../libc.ts';
import * as abi from './abi.ts';

const SEND_BUFFER_BYTES = 8 * 1024 * 1024;

/** IPPROTO_RAW: headers are ours (IP_HDRINCL is implied) and nothing is ever received (raw(7)). Throws if CAP_NET_RAW is missing. */
export function openRawSocket(family: number): number {
  let fd: number;
  try {
    fd = check(libc().socket(family, abi.SOCK_RAW, abi.IPPROTO_RAW), 'socket(SOCK_RAW)');
  } catch (cause) {
    if (!(cause instanceof SystemCallError && cause.code === 'EPERM')) throw cause;
    throw new Error('cannot send packets: CAP_NET_RAW is missing; run as root or grant it with setcap cap_net_raw+ep', { cause });
  }
  const { setsockopt } = libc();
  widenSendBuffer(fd);
  // Without RECVERR a packet that the queueing discipline drops counts as sent (ip(7)). Its error queue is never read: keep it small.
  const [level, name] = family === abi.AF_INET ? [abi.SOL_IP, abi.IP_RECVERR] : [abi.SOL_IPV6, abi.IPV6_RECVERR];
  check(setsockopt(fd, level, name, intBytes(1), 4), 'RECVERR');
  check(setsockopt(fd, abi.SOL_SOCKET, abi.SO_RCVBUF, intBytes(1), 4), 'SO_RCVBUF');
  return fd;
}

/**
 * A packet socket of protocol 0, which receives nothing. Each packet begins with a virtio_net_hdr, by which the kernel or the card finishes checksums and
 * segments. It passes the queueing discipline: bypassing it would let small packets overtake segmented ones.
 */
export function openLinkSocket(): number {
  const fd = check(libc().socket(abi.AF_PACKET, abi.SOCK_RAW, 0), 'socket(AF_PACKET)');
  try {
    check(libc().setsockopt(fd, abi.SOL_PACKET, abi.PACKET_VNET_HDR, intBytes(1), 4), 'PACKET_VNET_HDR');
  } catch (error) {
    libc().close(fd);
    throw error;
  }
  widenSendBuffer(fd);
  return fd;
}

function widenSendBuffer(fd: number): void {
  const { setsockopt } = libc();
  if (setsockopt(fd, abi.SOL_SOCKET, abi.SO_SNDBUFFORCE, intBytes(SEND_BUFFER_BYTES), 4) < 0) {
    setsockopt(fd, abi.SOL_SOCKET, abi.SO_SNDBUF, intBytes(SEND_BUFFER_BYTES), 4); // without CAP_NET_ADMIN: up to wmem_max
  }
}
