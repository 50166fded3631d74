// IPv4 (RFC 791) and IPv6 (RFC 8200) headers read in place.

export const PROTOCOL_TCP = 6;

/**
 * An IP header of either version, read in place: one instance per packet path, moved from packet to packet.
 * Addresses come as four 32-bit words, IPv4 ones as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2), so that both versions share every table.
 */
export class IpView {
  readonly view: DataView;
  at = 0;
  version = 0;
  /** Bytes of the IP header with its options; IPv6 extension headers are not walked. */
  headerBytes = 0;
  /** Bytes of the whole packet as it was on the wire. */
  totalBytes = 0;
  /** Payload protocol (IPv4) or next header (IPv6). */
  protocol = 0;

  constructor(view: DataView) {
    this.view = view;
  }

  /**
   * Point at the header in bytes [at, end); `wireBytes` is the packet's length on the wire, used when the header says 0 (BIG TCP, RFC 2675).
   * False if truncated, of another version, or inconsistent.
   */
  moveTo(at: number, end: number, wireBytes: number): boolean {
    if (end - at < 20) return false;
    this.at = at;
    const first = this.view.getUint8(at);
    this.version = first >> 4;
    if (this.version === 4) {
      this.headerBytes = (first & 15) * 4;
      if (this.headerBytes < 20 || end - at < this.headerBytes) return false;
      this.totalBytes = this.view.getUint16(at + 2) || wireBytes;
      this.protocol = this.view.getUint8(at + 9);
    } else if (this.version === 6) {
      if (end - at < 40) return false;
      this.headerBytes = 40;
      const payloadBytes = this.view.getUint16(at + 4);
      this.totalBytes = payloadBytes === 0 ? wireBytes : payloadBytes + 40;
      this.protocol = this.view.getUint8(at + 6);
    } else return false;
    return this.totalBytes >= this.headerBytes && this.totalBytes <= wireBytes;
  }

  /** A piece of a larger packet: more fragments follow, or it is not the first (RFC 791 §3.2). IPv6 fragments carry another next header. */
  get isFragment(): boolean {
    return this.version === 4 && (this.view.getUint16(this.at + 6) & 0x3fff) !== 0;
  }
  get payloadAt(): number {
    return this.at + this.headerBytes;
  }
  /** Word 0-3 of the source address. */
  source(word: 0 | 1 | 2 | 3): number {
    if (this.version === 6) return this.view.getInt32(this.at + 8 + word * 4);
    return word === 3 ? this.view.getInt32(this.at + 12) : word === 2 ? 0xffff : 0;
  }
  /** Word 0-3 of the destination address. */
  destination(word: 0 | 1 | 2 | 3): number {
    if (this.version === 6) return this.view.getInt32(this.at + 24 + word * 4);
    return word === 3 ? this.view.getInt32(this.at + 16) : word === 2 ? 0xffff : 0;
  }
}
