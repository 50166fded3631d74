// The protocol that the model's applications speak: length-prefixed requests that say what the answer should be.
import type { Random } from './random.ts';

export const HEADER_BYTES = 12;
/** The server answers as soon as it has the header, as with `Expect: 100-continue` or an early refusal. */
export const EARLY = 1;
/** The request is not answered. */
export const ONE_WAY = 2;
/** The server closes behind this answer. */
export const LAST = 4;

export interface Request {
  lengthBytes: number;
  answerBytes: number;
  delayMs: number;
  flags: number;
}

export function encodeRequest(request: Request, random: Random): Uint8Array {
  const bytes = new Uint8Array(request.lengthBytes);
  const view = new DataView(bytes.buffer);
  let word = random.word();
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    word = (Math.imul(word, 1664525) + 1013904223) | 0;
    view.setInt32(at, word);
  }
  view.setInt32(0, request.lengthBytes);
  view.setInt32(4, request.answerBytes);
  view.setUint16(8, request.delayMs);
  view.setUint8(10, request.flags);
  view.setUint8(11, checkByte(bytes));
  return bytes;
}

/** Nobody takes the middle of a request for a header. */
function checkByte(header: Uint8Array): number {
  let check = 0x5a;
  for (let at = 0; at < HEADER_BYTES - 1; at++) check = (check * 31 + header[at]!) & 0xff;
  return check;
}

/** No request and no answer is longer. */
const MOST_BYTES = 1 << 24;

/** Of random bytes less than one run in 2^28 is one. */
export function isHeader(bytes: Uint8Array): boolean {
  const { lengthBytes, answerBytes, flags } = decodeRequest(bytes);
  return (
    bytes[HEADER_BYTES - 1] === checkByte(bytes) &&
    lengthBytes >= HEADER_BYTES &&
    lengthBytes <= MOST_BYTES &&
    answerBytes >= 0 &&
    answerBytes <= MOST_BYTES &&
    flags < 2 * LAST
  );
}

export function decodeRequest(header: Uint8Array): Request {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  return { lengthBytes: view.getInt32(0), answerBytes: view.getInt32(4), delayMs: view.getUint16(8), flags: view.getUint8(10) };
}
