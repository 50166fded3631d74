// What lies between two hosts: delay, loss, repetition, reordering and partition.
import type { Packet } from './packet.ts';
import type { Random } from './random.ts';
import type { Schedule } from './schedule.ts';

export interface LinkOptions {
  delayUs: number;
  /** Added at random to each packet. */
  jitterUs: number;
  lossRatio: number;
  duplicateRatio: number;
  /** Packets may overtake each other. */
  isReordering: boolean;
  /** Longer payloads (timestamps included) do not pass, and nobody is told. */
  mostPayloadBytes: number;
}

export class Link {
  readonly options: LinkOptions;
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #deliver: (packet: Packet) => void;
  readonly #onDrop: (packet: Packet) => void;
  #lastArrivalUs = 0;
  /** Nothing passes. */
  isCut = false;
  dropped = 0;

  constructor(schedule: Schedule, random: Random, options: LinkOptions, deliver: (packet: Packet) => void, onDrop: (packet: Packet) => void) {
    this.#schedule = schedule;
    this.#random = random;
    this.options = options;
    this.#deliver = deliver;
    this.#onDrop = onDrop;
  }

  send(packet: Packet): void {
    const { lossRatio, mostPayloadBytes } = this.options;
    const isTooLong = packet.payload.length + (packet.hasTimestamps ? 12 : 0) > mostPayloadBytes;
    if (this.isCut || isTooLong || this.#random.chance(lossRatio)) {
      this.dropped++;
      this.#onDrop(packet);
      return;
    }
    this.#carry(packet);
    if (this.#random.chance(this.options.duplicateRatio)) this.#carry(packet);
  }

  #carry(packet: Packet): void {
    const { delayUs, jitterUs, isReordering } = this.options;
    let atUs = this.#schedule.nowUs + delayUs + Math.floor(this.#random.ratio() * jitterUs);
    if (!isReordering) atUs = Math.max(atUs, this.#lastArrivalUs);
    this.#lastArrivalUs = Math.max(this.#lastArrivalUs, atUs);
    this.#schedule.at(atUs, () => this.#deliver(packet));
  }
}
