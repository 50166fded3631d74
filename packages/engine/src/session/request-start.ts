// Where a request of the client begins, for all that a TCP connection shows of it.
import type { Memory } from '../memory.ts';
import type { Session } from './session.ts';

/**
 * True if a request begins with the first new byte of a segment that acknowledges `ack`: when the online server spoke last, it had received all that the
 * client had said; the client has seen all of that; and it had pushed what it said before (RFC 9293 §3.9.1), so nothing of it was still to come.
 */
export const isRequestStart = (session: Session, ack: number): boolean =>
  session.hasOnlineNext && session.onlineNextAck === session.clientNext && session.onlineNext === ack && session.isPushed && !session.isContinueExpected;

const P = 0x50;
const DASH = 0x2d;
const END_OF_HEADER = 0x0d0a0d0a;

/** True if the bytes at [at, end) are the header of a POST, PUT or PATCH that waits for `100 Continue` before its body (RFC 9110 §10.1.1). */
export function expectsContinue({ bytes, view }: Memory, at: number, end: number): boolean {
  if (end - at < 32 || bytes[at] !== P || view.getInt32(end - 4) !== END_OF_HEADER) return false;
  for (let dash = at + 3; dash < end; dash++) if (bytes[dash] === DASH && isAt(bytes, dash - 3, '100-continue')) return true;
  return false;
}

function isAt(bytes: Uint8Array, at: number, lowerCase: string): boolean {
  for (let index = 0; index < lowerCase.length; index++) {
    const byte = bytes[at + index]!;
    const code = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
    if (code !== lowerCase.charCodeAt(index)) return false;
  }
  return true;
}
