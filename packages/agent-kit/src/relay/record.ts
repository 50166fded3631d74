// Answer records: the captured headers of the target's packets, as they were, with their time. Cumulative by nature (TCP's own numbers), so a lost one does no harm.
//
//   0  u16  headerBytes    bytes of IP and TCP header that follow
//   2  u16  lastAfterUs    how much later the last of the packets came that the record stands for (merge.ts), µs
//   4  u32  wireBytes      length of the whole packet on the wire, from the IP header on
//   8  f64  capturedAtUs   kernel capture time, µs since 1970, the assistant's clock
//  16       the headers, padded with zeros to a multiple of 4
//
// Big endian, as everything on the wire.

export const RECORD_PREFIX_BYTES = 16;
/** IPv4 with all options and TCP with all options; IPv6 is shorter. */
export const MOST_HEADER_BYTES = 120;

/** Packets further apart are told apart, µs. */
export const MOST_LAST_AFTER_US = 0xffff;

/** Bytes that a record with so long a header takes. */
export const recordBytes = (headerBytes: number): number => RECORD_PREFIX_BYTES + ((headerBytes + 3) & ~3);

/** One record read in place; moved from record to record. */
export class RecordView {
  readonly #view: DataView;
  headerAt = 0;
  headerBytes = 0;
  wireBytes = 0;
  capturedAtUs = 0;
  /** When the last of the packets that it stands for was captured. */
  lastAtUs = 0;
  /** Offset of the record after this one. */
  nextAt = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  /** Point at the record in bytes [at, end). False if it is not whole or its header cannot be one. */
  moveTo(at: number, end: number): boolean {
    if (end - at < RECORD_PREFIX_BYTES) return false;
    this.headerBytes = this.#view.getUint16(at);
    this.wireBytes = this.#view.getUint32(at + 4);
    this.capturedAtUs = this.#view.getFloat64(at + 8);
    this.lastAtUs = this.capturedAtUs + this.#view.getUint16(at + 2);
    this.headerAt = at + RECORD_PREFIX_BYTES;
    this.nextAt = at + recordBytes(this.headerBytes);
    return this.nextAt <= end && this.headerBytes >= 40 && this.headerBytes <= MOST_HEADER_BYTES && this.wireBytes >= this.headerBytes;
  }
}
