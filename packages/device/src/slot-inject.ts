// The sending half over ordinary memory: slots, the last check, counters. How one packet leaves is up to the backend.
import { type Segment, writeSegment } from '@parallax/wire';
import type { Inject, InjectCounters, Memory, OnUnsent } from './contract.ts';
import { Destinations } from './destinations.ts';

const SLOTS = 128;
const SLOT_BYTES = 9216; // an MTU of 9000 and some

/** Bytes of memory the slots take. */
export const SLOTS_BYTES = SLOTS * SLOT_BYTES;

/** Sends the packet at an offset; the name of the error that refused it (as EMSGSIZE), or null. Must not throw. */
export type Transmit = (at: number, lengthBytes: number, version: 4 | 6) => string | null;

export class SlotInject implements Inject {
  readonly #memory: Memory;
  readonly #at: number;
  readonly #destinations: Destinations;
  readonly #transmit: Transmit;
  readonly #onClose: () => void;
  readonly #lengthBytes = new Int32Array(SLOTS);
  readonly #versions = new Uint8Array(SLOTS);
  readonly #counters: InjectCounters = { sent: 0, failed: 0, forbidden: 0, failedBy: {} };
  #queued = 0;
  #onUnsent: OnUnsent = () => {};

  constructor(memory: Memory, at: number, transmit: Transmit, onClose: () => void) {
    this.#memory = memory;
    this.#at = at;
    this.#destinations = new Destinations(memory.view);
    this.#transmit = transmit;
    this.#onClose = onClose;
  }

  allow(destinations: readonly { address: string; port: number }[]): void {
    this.#destinations.replace(destinations);
  }

  send(segment: Segment): void {
    this.#queue(writeSegment(this.#memory.view, this.#memory.bytes, this.#slot(), segment));
  }

  put(packet: Uint8Array): void {
    if (packet.length > SLOT_BYTES) throw new Error(`a packet of ${packet.length} bytes does not fit a slot of ${SLOT_BYTES}`);
    this.#memory.bytes.set(packet, this.#slot());
    this.#queue(packet.length);
  }

  flush(): void {
    for (let index = 0; index < this.#queued; index++) {
      const refused = this.#transmit(this.#at + index * SLOT_BYTES, this.#lengthBytes[index]!, this.#versions[index] as 4 | 6);
      if (refused === null) this.#counters.sent++;
      else {
        this.#counters.failed++;
        this.#counters.failedBy[refused] = (this.#counters.failedBy[refused] ?? 0) + 1;
        this.#onUnsent(this.#at + index * SLOT_BYTES, this.#lengthBytes[index]!);
      }
    }
    this.#queued = 0;
  }

  onUnsent(listener: OnUnsent): void {
    this.#onUnsent = listener;
  }

  counters(): InjectCounters {
    return { ...this.#counters, failedBy: { ...this.#counters.failedBy } };
  }

  close(): void {
    this.#queued = 0;
    this.#onClose();
  }

  #slot(): number {
    if (this.#queued === SLOTS) this.flush();
    return this.#at + this.#queued * SLOT_BYTES;
  }

  #queue(lengthBytes: number): void {
    const at = this.#at + this.#queued * SLOT_BYTES;
    if (this.#destinations.permit(at, lengthBytes) < 0) {
      this.#counters.forbidden++; // and the slot is free again
      this.#onUnsent(at, lengthBytes);
      return;
    }
    this.#lengthBytes[this.#queued] = lengthBytes;
    this.#versions[this.#queued++] = this.#memory.view.getUint8(at) >> 4;
  }
}
