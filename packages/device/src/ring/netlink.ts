// Questions to the kernel's routing, neighbour, link and IPsec tables: netlink(7), rtnetlink(7). One request, one answer, never blocking.
import { check, errnoName, libc } from '../libc.ts';
import { AF_INET, AF_NETLINK, MSG_DONTWAIT, SOCK_RAW } from './abi.ts';

export const NETLINK_ROUTE = 0;
export const NETLINK_XFRM = 6;

const HEADER_BYTES = 16; // struct nlmsghdr: len u32, type u16, flags u16, seq u32, pid u32
const NLM_F_REQUEST = 1;
const NLMSG_ERROR = 2;
const ANSWER_BYTES = 8192;

/** An answer: its type and where its family's fixed header begins. */
export interface NetlinkAnswer {
  readonly type: number;
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
}

/** A netlink socket. Native byte order, which is little endian wherever this package runs. */
export class Netlink {
  readonly #fd: number;
  readonly #answer = new Uint8Array(ANSWER_BYTES);
  #sequence = 0;

  /** Throws a SystemCallError, EPROTONOSUPPORT where the kernel lacks the protocol. */
  constructor(protocol: number) {
    this.#fd = check(libc().socket(AF_NETLINK, SOCK_RAW, protocol), 'socket(AF_NETLINK)');
  }

  /** Ask with a message's fixed header and attributes. The name of the kernel's error (as ENETUNREACH) instead of an answer if it refuses. */
  ask(type: number, body: Uint8Array): NetlinkAnswer | string {
    const message = new Uint8Array(HEADER_BYTES + body.length);
    const view = new DataView(message.buffer);
    view.setUint32(0, message.length, true);
    view.setUint16(4, type, true);
    view.setUint16(6, NLM_F_REQUEST, true);
    view.setUint32(8, ++this.#sequence, true);
    message.set(body, HEADER_BYTES);
    if (libc().send(this.#fd, message, message.length, MSG_DONTWAIT) < 0) return errnoName(libc().errno());
    for (;;) {
      const length = libc().recvBytes(this.#fd, this.#answer, ANSWER_BYTES, MSG_DONTWAIT);
      if (length < 0) return errnoName(libc().errno());
      const answer = this.#read(length);
      if (answer !== null) return answer;
    }
  }

  close(): void {
    libc().close(this.#fd);
  }

  #read(length: number): NetlinkAnswer | string | null {
    const view = new DataView(this.#answer.buffer, 0, length);
    if (length < HEADER_BYTES || view.getUint32(8, true) !== this.#sequence) return null; // left over from an earlier question
    const type = view.getUint16(4, true);
    if (type === NLMSG_ERROR) return errnoName(-view.getInt32(HEADER_BYTES, true));
    return { type, view, at: HEADER_BYTES, end: Math.min(length, view.getUint32(0, true)) };
  }
}

/** Where each attribute's value lies, by type: struct rtattr is len u16, type u16, value, padded to 4 bytes. */
export function attributesOf(view: DataView, at: number, end: number): Map<number, { at: number; bytes: number }> {
  const found = new Map<number, { at: number; bytes: number }>();
  while (at + 4 <= end) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > end) break;
    found.set(view.getUint16(at + 2, true) & 0x3fff, { at: at + 4, bytes: length - 4 }); // the upper bits are flags
    at += (length + 3) & ~3;
  }
  return found;
}

/** A fixed header of `headerBytes` that begins with AF_INET, and one attribute that holds an IPv4 address. */
export function requestWithAddress(headerBytes: number, attribute: number, addressWord: number): { body: Uint8Array; view: DataView } {
  const body = new Uint8Array(headerBytes + 8);
  const view = new DataView(body.buffer);
  view.setUint8(0, AF_INET);
  view.setUint16(headerBytes, 8, true);
  view.setUint16(headerBytes + 2, attribute, true);
  view.setInt32(headerBytes + 4, addressWord);
  return { body, view };
}
