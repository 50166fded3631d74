// TCP headers (RFC 9293 §3.1) read in place.

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;
export const ECE = 0x40;
export const CWR = 0x80;

/** A TCP header read in place: one instance per packet path, moved from segment to segment. */
export class TcpView {
  readonly view: DataView;
  at = 0;
  constructor(view: DataView) {
    this.view = view;
  }

  /** Point at the header in bytes [at, end). False if truncated or the data offset is below 5 words (RFC 9293 §3.1). */
  moveTo(at: number, end: number): boolean {
    this.at = at;
    return end - at >= 20 && this.headerBytes >= 20 && end - at >= this.headerBytes;
  }
  get sourcePort(): number {
    return this.view.getUint16(this.at);
  }
  get destinationPort(): number {
    return this.view.getUint16(this.at + 2);
  }
  /** int32 */
  get seq(): number {
    return this.view.getInt32(this.at + 4);
  }
  /** int32; meaningful only with the ACK flag. */
  get ack(): number {
    return this.view.getInt32(this.at + 8);
  }
  get headerBytes(): number {
    return (this.view.getUint8(this.at + 12) >> 4) * 4;
  }
  get flags(): number {
    return this.view.getUint8(this.at + 13);
  }
  /** With URG: how far behind `seq` the urgent data end (RFC 6093). */
  get urgentPointer(): number {
    return this.view.getUint16(this.at + 18);
  }
  /** As sent, not scaled. */
  get window(): number {
    return this.view.getUint16(this.at + 14);
  }
  get payloadAt(): number {
    return this.at + this.headerBytes;
  }
}
