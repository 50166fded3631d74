// The ring and its sending half without sockets: what the kernel would do is done by hand, and what is sent it never hears of.
import { type Capture, STAGE_FRAMES, type Stage } from '../contract.ts';
import { FrameRing, MTU_FRAME_BYTES, NO_SOCKET, writeFrame } from './frame-ring.ts';
import { RingInject } from './inject.ts';
import type { NativeMemory } from './native-memory.ts';

export class RingStage implements Stage {
  readonly isApart = true;
  readonly capture: Capture;
  readonly inject: RingInject;
  readonly #memory: NativeMemory;
  readonly #at: number;
  #next = 0;

  /** The ring is at `at` of the memory; the transmit area is that of the real one, which must be empty. */
  constructor(memory: NativeMemory, at: number, injectAt: number, interfaceIndex: number) {
    this.#memory = memory;
    this.#at = at;
    this.capture = new FrameRing(NO_SOCKET, memory, at, STAGE_FRAMES * MTU_FRAME_BYTES, MTU_FRAME_BYTES, Number.POSITIVE_INFINITY);
    this.inject = new RingInject(memory, injectAt, interfaceIndex, null);
  }

  get frameAt(): number {
    return this.#slotAt + FRAME_AT;
  }

  add(keptBytes: number, wireBytes: number, capturedAtUs: number, isOutgoing: boolean): void {
    writeFrame(this.#memory, this.#slotAt, FRAME_AT, keptBytes, wireBytes, capturedAtUs, isOutgoing);
    this.#next = (this.#next + 1) % STAGE_FRAMES;
  }

  close(): void {
    this.inject.close();
  }

  get #slotAt(): number {
    return this.#at + this.#next * MTU_FRAME_BYTES;
  }
}

/** Behind the headers of a slot, where the kernel puts it on Ethernet. */
const FRAME_AT = 80;
