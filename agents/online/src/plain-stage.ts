import { type Capture, FrameBatch, type Inject, OUTGOING, STAGE_FRAME_BYTES, STAGE_FRAMES, type Stage } from '@parallax/device';

/** Where the device has no stage of its own: frames by hand, and nothing leaves through its sending half, as no destination is allowed. */
export class PlainStage implements Stage, Capture {
  readonly capture = this;
  readonly isApart = false;
  readonly inject: Inject;
  readonly #at: number;
  readonly #held = new FrameBatch(STAGE_FRAMES);

  constructor(at: number, inject: Inject) {
    this.#at = at;
    this.inject = inject;
  }
  get frameAt(): number {
    return this.#at + this.#held.count * STAGE_FRAME_BYTES;
  }
  add(keptBytes: number, wireBytes: number, capturedAtUs: number, isOutgoing: boolean): void {
    const held = this.#held;
    held.at[held.count] = this.frameAt;
    held.lengthBytes[held.count] = keptBytes;
    held.wireBytes[held.count] = wireBytes;
    held.capturedAtUs[held.count] = capturedAtUs;
    held.flags[held.count++] = isOutgoing ? OUTGOING : 0;
  }
  take(batch: FrameBatch): number {
    const held = this.#held;
    for (let index = 0; index < held.count; index++) {
      batch.at[index] = held.at[index]!;
      batch.lengthBytes[index] = held.lengthBytes[index]!;
      batch.wireBytes[index] = held.wireBytes[index]!;
      batch.capturedAtUs[index] = held.capturedAtUs[index]!;
      batch.flags[index] = held.flags[index]!;
    }
    batch.count = held.count;
    held.count = 0;
    return batch.count;
  }
  release(): void {}
  onReadable(): void {}
  setFilter(): void {}
  counters() {
    return { captured: 0, dropped: 0, truncated: 0 };
  }
  close(): void {}
}
