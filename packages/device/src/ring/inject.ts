// Packets out through raw sockets, from the memory they were written in: raw(7), sendmmsg(2).
import type { Inject, InjectCounters } from '../contract.ts';
import { Destinations } from '../destinations.ts';
import { check, errnoName, intBytes, type Libc, libc, SystemCallError } from '../libc.ts';
import * as abi from './abi.ts';
import { MessageVector, vectorBytes } from './message-vector.ts';
import type { NativeMemory } from './native-memory.ts';

const SLOTS = 128;
const SLOT_BYTES = 9216; // an MTU of 9000 and some
const SEND_BUFFER_BYTES = 8 * 1024 * 1024;
const LINK_LOCAL = 0xfe80; // fe80::/10 needs to know its interface

/** Bytes of memory the sending half needs. */
export const INJECT_BYTES = SLOTS * SLOT_BYTES + 2 * vectorBytes(SLOTS);

export class RingInject implements Inject {
  readonly slotBytes = SLOT_BYTES;
  readonly #view: DataView;
  readonly #slotsAt: number;
  readonly #interfaceIndex: number;
  readonly #destinations: Destinations;
  readonly #ipv4: MessageVector;
  readonly #ipv6: MessageVector;
  readonly #ipv4Fd: number;
  readonly #ipv6Fd: number;
  readonly #libc: Libc = libc();
  readonly #counters: InjectCounters = { sent: 0, failed: 0, forbidden: 0, failedBy: {} };
  #queued = 0;
  #open = true;

  /** Opens both raw sockets. `at` is where its part of the memory begins. Throws if CAP_NET_RAW is missing. */
  constructor(memory: NativeMemory, at: number, interfaceIndex: number) {
    const vectorsAt = at + SLOTS * SLOT_BYTES;
    this.#view = memory.view;
    this.#slotsAt = at;
    this.#interfaceIndex = interfaceIndex;
    this.#destinations = new Destinations(memory.view);
    this.#ipv4 = new MessageVector(memory, vectorsAt, SLOTS, abi.AF_INET, 16);
    this.#ipv6 = new MessageVector(memory, vectorsAt + vectorBytes(SLOTS), SLOTS, abi.AF_INET6, 28);
    this.#ipv4Fd = openRawSocket(abi.AF_INET);
    try {
      this.#ipv6Fd = openRawSocket(abi.AF_INET6);
    } catch (error) {
      libc().close(this.#ipv4Fd);
      throw error;
    }
  }

  allow(destinations: readonly { address: string; port: number }[]): void {
    this.#destinations.replace(destinations);
  }

  slot(): number {
    if (this.#queued === SLOTS) this.flush();
    return this.#slotsAt + this.#queued * SLOT_BYTES;
  }

  commit(lengthBytes: number): void {
    if (this.#queued === SLOTS || lengthBytes > SLOT_BYTES) throw new Error(`commit of ${lengthBytes} bytes without a slot for it`);
    const at = this.#slotsAt + this.#queued * SLOT_BYTES;
    const view = this.#view;
    const version = this.#destinations.permit(at, lengthBytes);
    if (version === 0) {
      this.#counters.forbidden++; // and the slot is free again
      return;
    }
    this.#queued++;
    if (version === 4) {
      const name = this.#ipv4.add(at, lengthBytes);
      view.setInt32(name + 4, view.getInt32(at + 16)); // sin_addr
    } else {
      const name = this.#ipv6.add(at, lengthBytes);
      for (let byte = 0; byte < 16; byte += 4) view.setInt32(name + 8 + byte, view.getInt32(at + 24 + byte)); // sin6_addr
      const isLinkLocal = (view.getUint16(at + 24) & 0xffc0) === LINK_LOCAL;
      view.setInt32(name + 24, isLinkLocal ? this.#interfaceIndex : 0, true); // sin6_scope_id
    }
  }

  flush(): void {
    if (this.#queued === 0) return;
    this.#send(this.#ipv4Fd, this.#ipv4);
    this.#send(this.#ipv6Fd, this.#ipv6);
    this.#queued = 0;
  }

  counters(): InjectCounters {
    return { ...this.#counters, failedBy: { ...this.#counters.failedBy } };
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.close(this.#ipv4Fd);
    this.#libc.close(this.#ipv6Fd);
  }

  #send(fd: number, vector: MessageVector): void {
    let index = 0;
    let retried = false;
    while (index < vector.count) {
      const sent = this.#open ? this.#libc.sendmmsg(fd, vector.address(index), vector.count - index, abi.MSG_DONTWAIT) : -1;
      if (sent > 0) {
        index += sent;
        this.#counters.sent += sent;
        retried = false;
        continue;
      }
      const name = this.#open ? errnoName(this.#libc.errno()) : 'EBADF';
      if (!retried && (name === 'EAGAIN' || name === 'ENOBUFS' || name === 'EINTR')) {
        retried = true;
        continue;
      }
      this.#counters.failed++;
      this.#counters.failedBy[name] = (this.#counters.failedBy[name] ?? 0) + 1;
      retried = false;
      index++; // the first message of the call is the one refused
    }
    vector.count = 0;
  }
}

/** IPPROTO_RAW: headers are ours (IP_HDRINCL is implied) and nothing is ever received (raw(7)). */
function openRawSocket(family: number): number {
  let fd: number;
  try {
    fd = check(libc().socket(family, abi.SOCK_RAW, abi.IPPROTO_RAW), 'socket(SOCK_RAW)');
  } catch (cause) {
    if (!(cause instanceof SystemCallError && cause.code === 'EPERM')) throw cause;
    throw new Error('cannot send packets: CAP_NET_RAW is missing; run as root or grant it with setcap cap_net_raw,cap_net_admin+ep', { cause });
  }
  const { setsockopt } = libc();
  if (setsockopt(fd, abi.SOL_SOCKET, abi.SO_SNDBUFFORCE, intBytes(SEND_BUFFER_BYTES), 4) < 0) {
    setsockopt(fd, abi.SOL_SOCKET, abi.SO_SNDBUF, intBytes(SEND_BUFFER_BYTES), 4); // without CAP_NET_ADMIN: up to wmem_max
  }
  // Without RECVERR a packet that the queueing discipline drops counts as sent (ip(7)). Its error queue is never read: keep it small.
  const [level, name] = family === abi.AF_INET ? [abi.SOL_IP, abi.IP_RECVERR] : [abi.SOL_IPV6, abi.IPV6_RECVERR];
  check(setsockopt(fd, level, name, intBytes(1), 4), 'RECVERR');
  check(setsockopt(fd, abi.SOL_SOCKET, abi.SO_RCVBUF, intBytes(1), 4), 'SO_RCVBUF');
  return fd;
}
