// Packets out through npm raw-socket.

import { formatAddress } from '../address.ts';
import type { Memory } from '../contract.ts';
import { SlotInject } from '../slot-inject.ts';
import { loadRawSocket, type RawSocket } from './modules.ts';

/** Headers are ours (IP_HDRINCL is implied) and nothing is received (raw(7)). */
const IPPROTO_RAW = 255;

/** raw-socket throws strerror(3) texts. */
const errnoByText: Record<string, string> = {
  'Message too long': 'EMSGSIZE',
  'Operation not permitted': 'EPERM',
  'Permission denied': 'EACCES',
  'No buffer space available': 'ENOBUFS',
  'Resource temporarily unavailable': 'EAGAIN',
  'Invalid argument': 'EINVAL',
  'Network is unreachable': 'ENETUNREACH',
  'Network is down': 'ENETDOWN',
  'No route to host': 'EHOSTUNREACH',
};

/** The sending half with its slots at `at`. Opens both raw sockets. Throws if raw-socket is not built or CAP_NET_RAW is missing. */
export function openRawInject(memory: Memory, at: number): SlotInject {
  const { createSocket, AddressFamily } = loadRawSocket();
  const buffer = Buffer.from(memory.buffer);
  const ipv4 = openSocket(() => createSocket({ protocol: IPPROTO_RAW, addressFamily: AddressFamily.IPv4 }));
  const ipv6 = openSocket(() => createSocket({ protocol: IPPROTO_RAW, addressFamily: AddressFamily.IPv6 }));
  let isOpen = true;
  const transmit = (packetAt: number, lengthBytes: number, version: 4 | 6): string | null => {
    if (!isOpen) return 'EBADF';
    const address = formatAddress(memory.view, packetAt + (version === 4 ? 16 : 24), version);
    const { wrap } = version === 4 ? ipv4 : ipv6;
    let refused = sendOnce(wrap, buffer, packetAt, lengthBytes, address);
    if (refused === 'EAGAIN' || refused === 'ENOBUFS') refused = sendOnce(wrap, buffer, packetAt, lengthBytes, address);
    return refused;
  };
  return new SlotInject(memory, at, transmit, () => {
    if (!isOpen) return;
    isOpen = false;
    ipv4.close();
    ipv6.close();
  });
}

function sendOnce(wrap: RawSocket['wrap'], buffer: Buffer, at: number, lengthBytes: number, address: string): string | null {
  try {
    wrap.send(buffer, at, lengthBytes, address, ignore);
    return null;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return errnoByText[text] ?? text;
  }
}

const ignore = (): void => {};

function openSocket(create: () => RawSocket): RawSocket {
  try {
    const socket = create();
    socket.on('error', ignore); // errors of the receiving side, which is not used
    return socket;
  } catch (cause) {
    throw new Error('cannot send packets with raw-socket: CAP_NET_RAW is missing; run as root or grant it with setcap cap_net_raw+ep', { cause });
  }
}
