// Mark records: one response of a target as the assistant read it. They hold names and times, never payload.
//
//   0  16 bytes  address of the copy (the client's), IPv4 as ::ffff:a.b.c.d
//  16  16 bytes  address of the target
//  32  u16       port of the copy
//  34  u16       port of the target
//  36  u32       ordinal of the response on its connection, from 0
//  40  f64       firstAtUs, kernel capture time of its first byte, µs since 1970, the assistant's clock
//  48  f64       lastAtUs, of its last
//  56  u32       lengthBytes, 2^32 - 1 for that and more
//  60  u8        flags: 1 it is an error, 2 no response, the connection is not understood any more
//  61  u8        statusBytes, at most 24
//  62  u16       0
//  64            the status, ASCII, padded with zeros to a multiple of 4
//
// Big endian, as everything on the wire.

export const MARK_PREFIX_BYTES = 64;
export const MOST_STATUS_BYTES = 24;
export const MOST_MARK_BYTES = MARK_PREFIX_BYTES + MOST_STATUS_BYTES;

const IS_ERROR = 1;
const IS_LOST = 2;

/** What a mark says of its response. */
export interface MarkFields {
  ordinal: number;
  firstAtUs: number;
  lastAtUs: number;
  isError: boolean;
  isLost: boolean;
}

const markBytes = (statusBytes: number): number => MARK_PREFIX_BYTES + ((statusBytes + 3) & ~3);

/** Write a mark at `at`, with the addresses and ports that are there already; returns where it ends. */
export function writeMark(view: DataView, at: number, mark: MarkFields, status: string, lengthBytes: number): number {
  const statusBytes = Math.min(status.length, MOST_STATUS_BYTES);
  const end = at + markBytes(statusBytes);
  view.setUint32(at + 36, mark.ordinal);
  view.setFloat64(at + 40, mark.firstAtUs);
  view.setFloat64(at + 48, mark.lastAtUs);
  view.setUint32(at + 56, Math.min(lengthBytes, 0xffffffff));
  view.setUint32(at + 60, (((mark.isError ? IS_ERROR : 0) | (mark.isLost ? IS_LOST : 0)) << 24) | (statusBytes << 16));
  for (let index = MARK_PREFIX_BYTES; at + index < end; index++) {
    view.setUint8(at + index, index < MARK_PREFIX_BYTES + statusBytes ? status.charCodeAt(index - MARK_PREFIX_BYTES) : 0);
  }
  return end;
}

/** One mark read in place; moved from mark to mark. */
export class MarkView implements MarkFields {
  readonly #view: DataView;
  readonly source: [number, number, number, number] = [0, 0, 0, 0];
  readonly target: [number, number, number, number] = [0, 0, 0, 0];
  sourcePort = 0;
  targetPort = 0;
  ordinal = 0;
  firstAtUs = 0;
  lastAtUs = 0;
  lengthBytes = 0;
  isError = false;
  isLost = false;
  #statusAt = 0;
  #statusBytes = 0;
  /** Offset of the mark after this one. */
  nextAt = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  /** Point at the mark in bytes [at, end). False if it is not whole or cannot be one. */
  moveTo(at: number, end: number): boolean {
    if (end - at < MARK_PREFIX_BYTES) return false;
    const view = this.#view;
    for (let word = 0; word < 4; word++) {
      this.source[word] = view.getInt32(at + 4 * word);
      this.target[word] = view.getInt32(at + 16 + 4 * word);
    }
    this.sourcePort = view.getUint16(at + 32);
    this.targetPort = view.getUint16(at + 34);
    this.ordinal = view.getUint32(at + 36);
    this.firstAtUs = view.getFloat64(at + 40);
    this.lastAtUs = view.getFloat64(at + 48);
    this.lengthBytes = view.getUint32(at + 56);
    const flags = view.getUint8(at + 60);
    this.isError = (flags & IS_ERROR) !== 0;
    this.isLost = (flags & IS_LOST) !== 0;
    this.#statusAt = at + MARK_PREFIX_BYTES;
    this.#statusBytes = view.getUint8(at + 61);
    this.nextAt = at + markBytes(this.#statusBytes);
    return this.nextAt <= end && this.#statusBytes <= MOST_STATUS_BYTES && this.firstAtUs > 0 && this.lastAtUs >= this.firstAtUs && this.lastAtUs < 2 ** 53;
  }

  /** For people; made anew for each call. */
  get status(): string {
    let text = '';
    for (let index = 0; index < this.#statusBytes; index++) text += String.fromCharCode(this.#view.getUint8(this.#statusAt + index));
    return text;
  }
}
