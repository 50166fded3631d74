// A name that is being read: a few bytes that outlive the segment they came in.

/** Longest name, bytes; as long as a kind may be in packages/protocol. */
export const MOST_NAME_BYTES = 64;

/** Bytes beyond its room are left out and make it `isCut`. */
export class Name {
  readonly bytes: Uint8Array;
  lengthBytes = 0;
  isCut = false;

  constructor(mostBytes = MOST_NAME_BYTES) {
    this.bytes = new Uint8Array(mostBytes);
  }

  clear(): void {
    this.lengthBytes = 0;
    this.isCut = false;
  }

  add(byte: number): void {
    if (this.lengthBytes < this.bytes.length) this.bytes[this.lengthBytes++] = byte;
    else this.isCut = true;
  }

  addText(text: string): void {
    for (let index = 0; index < text.length; index++) this.add(text.charCodeAt(index));
  }

  is(text: string): boolean {
    if (this.lengthBytes !== text.length || this.isCut) return false;
    for (let index = 0; index < text.length; index++) if (this.bytes[index] !== text.charCodeAt(index)) return false;
    return true;
  }

  /** Back to its first so many bytes. */
  truncate(lengthBytes: number): void {
    this.lengthBytes = lengthBytes;
    this.isCut = false;
  }
}

export const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
export const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
export const isHexDigit = (byte: number): boolean => isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
/** Letters become capitals; other bytes stay. */
export const toUpper = (byte: number): number => (byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte);
