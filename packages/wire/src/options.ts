// TCP options (RFC 9293 §3.2, RFC 7323, RFC 2018, RFC 7413, RFC 8684).

const END = 0;
const NOP = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const TIMESTAMPS = 8;
const MD5 = 19;
const TCP_AO = 29;
const MPTCP = 30;
const FAST_OPEN = 34;

/** The options of one segment; one instance per packet path, read again and again. */
export class TcpOptions {
  /** Bytes; 0 when absent. */
  mssBytes = 0;
  /** Shift count, at most 14 (RFC 7323 §2.3); -1 when absent. */
  windowScale = -1;
  sackPermitted = false;
  hasTimestamps = false;
  tsVal = 0;
  tsEcr = 0;
  /** TCP-MD5 (RFC 2385) or TCP-AO (RFC 5925): a copy of such a connection cannot be made. */
  isAuthenticated = false;
  hasFastOpen = false;
  hasMultipath = false;

  /** Read the options in bytes [at, end). False if a length is impossible; what came before it stays read. */
  read(view: DataView, at: number, end: number): boolean {
    this.mssBytes = 0;
    this.windowScale = -1;
    this.sackPermitted = this.hasTimestamps = this.isAuthenticated = this.hasFastOpen = this.hasMultipath = false;
    this.tsVal = this.tsEcr = 0;
    while (at < end) {
      const kind = view.getUint8(at);
      if (kind === END) return true;
      if (kind === NOP) {
        at++;
        continue;
      }
      if (at + 2 > end) return false;
      const lengthBytes = view.getUint8(at + 1);
      if (lengthBytes < 2 || at + lengthBytes > end) return false;
      if (kind === TIMESTAMPS && lengthBytes === 10) {
        this.hasTimestamps = true;
        this.tsVal = view.getInt32(at + 2);
        this.tsEcr = view.getInt32(at + 6);
      } else if (kind === MSS && lengthBytes === 4) this.mssBytes = view.getUint16(at + 2);
      else if (kind === WINDOW_SCALE && lengthBytes === 3) this.windowScale = Math.min(view.getUint8(at + 2), 14);
      else if (kind === SACK_PERMITTED) this.sackPermitted = true;
      else if (kind === MD5 || kind === TCP_AO) this.isAuthenticated = true;
      else if (kind === FAST_OPEN) this.hasFastOpen = true;
      else if (kind === MPTCP) this.hasMultipath = true;
      at += lengthBytes;
    }
    return true;
  }
}
