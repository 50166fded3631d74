// Packets of MySQL and MariaDB: u24 length (little endian), u8 sequence number, payload; a payload of 2^24 - 1 bytes goes on in the next packet.

const HEADER_BYTES = 4;
const FULL_BYTES = 0xffffff;

/** What a packet's payload means to whoever reads it. */
export interface PacketEvents {
  /** A payload begins; false if it is none. `isMore` while a payload of several packets goes on. */
  onPacket(sequence: number, lengthBytes: number, isMore: boolean): boolean;
  /** One of the first bytes of the payload; false when no more of them are wanted. */
  onPayloadByte(byte: number): boolean;
  /** The payload, of however many packets, has ended. */
  onPacketEnd(): void;
}

/** Cuts one direction into packets. */
export class PacketReader {
  #headerBytes = 0;
  #lengthBytes = 0;
  #leftBytes = 0;
  #isFull = false;
  #isWanted = false;
  isBad = false;

  get isBetween(): boolean {
    return this.#headerBytes === 0;
  }

  push(bytes: Uint8Array, at: number, end: number, out: PacketEvents): number {
    while (at < end && !this.isBad) {
      if (this.#headerBytes < HEADER_BYTES) {
        this.#onHeaderByte(bytes[at++]!, out);
        continue;
      }
      const takenBytes = Math.min(this.#leftBytes, end - at);
      for (let index = at; index < at + takenBytes && this.#isWanted; index++) this.#isWanted = out.onPayloadByte(bytes[index]!);
      at += takenBytes;
      this.#onTaken(takenBytes, out);
    }
    return at;
  }

  /** True if the bytes that were not seen lie in a payload that nobody wants to read. */
  skip(lengthBytes: number, out: PacketEvents): boolean {
    if (this.#headerBytes < HEADER_BYTES || this.#isWanted || lengthBytes > this.#leftBytes) return false;
    this.#onTaken(lengthBytes, out);
    return true;
  }

  #onHeaderByte(byte: number, out: PacketEvents): void {
    const index = this.#headerBytes++;
    if (index < 3) {
      this.#lengthBytes = index === 0 ? byte : this.#lengthBytes | (byte << (8 * index));
      return;
    }
    const isMore = this.#isFull;
    this.#leftBytes = this.#lengthBytes;
    this.#isFull = this.#lengthBytes === FULL_BYTES;
    if (!out.onPacket(byte, this.#lengthBytes, isMore)) {
      this.isBad = true;
      return;
    }
    this.#isWanted = !isMore;
    if (this.#leftBytes === 0) this.#onTaken(0, out);
  }

  #onTaken(takenBytes: number, out: PacketEvents): void {
    this.#leftBytes -= takenBytes;
    if (this.#leftBytes > 0) return;
    this.#headerBytes = 0;
    if (!this.#isFull) out.onPacketEnd();
  }
}
