// A capture over ordinary memory: somebody pushes frames in, the consumer takes them. Kernel-less backends stand on it.
import { AFTER_LOSS, type Capture, type CaptureCounters, type CaptureFilter, type FrameBatch, type Memory } from './contract.ts';
import { ReadableLoop } from './readable-loop.ts';

/** Descriptors there are room for, in bytes of frames each. */
const BYTES_PER_FRAME = 256;

/** Ordinary memory of that size. */
export function ordinaryMemory(bytes: number): Memory {
  const buffer = new ArrayBuffer(bytes);
  return { buffer, bytes: new Uint8Array(buffer), view: new DataView(buffer) };
}

/** Frames lie one behind the other in bytes [0, size) of the memory and wrap around; a frame is never split. */
export class FrameQueue implements Capture {
  readonly #memory: Memory;
  readonly #size: number;
  readonly #at: Int32Array;
  readonly #lengthBytes: Int32Array;
  readonly #wireBytes: Int32Array;
  readonly #capturedAtUs: Float64Array;
  readonly #flags: Uint8Array;
  readonly #loop = new ReadableLoop(() => this.#count > this.#held);
  readonly #counters: CaptureCounters = { captured: 0, dropped: 0, truncated: 0 };
  readonly #onFilter: (filter: CaptureFilter) => void;
  readonly #onClose: () => void;
  #oldest = 0; // descriptor
  #count = 0; // descriptors in use, held ones included
  #held = 0;
  #writeAt = 0;
  #isAfterLoss = false;

  constructor(memory: Memory, size: number, onFilter: (filter: CaptureFilter) => void, onClose: () => void) {
    const frames = Math.ceil(size / BYTES_PER_FRAME);
    this.#memory = memory;
    this.#size = size;
    this.#at = new Int32Array(frames);
    this.#lengthBytes = new Int32Array(frames);
    this.#wireBytes = new Int32Array(frames);
    this.#capturedAtUs = new Float64Array(frames);
    this.#flags = new Uint8Array(frames);
    this.#onFilter = onFilter;
    this.#onClose = onClose;
  }

  /** Copy a frame in, from its IP header on. Counted as dropped if there is no room. */
  push(bytes: Uint8Array, from: number, lengthBytes: number, wireBytes: number, capturedAtUs: number, flags: number): void {
    const at = this.#room(lengthBytes);
    if (at < 0) {
      this.#counters.dropped++;
      this.#isAfterLoss = true;
      return;
    }
    const index = (this.#oldest + this.#count) % this.#at.length;
    this.#memory.bytes.set(bytes.subarray(from, from + lengthBytes), at);
    this.#at[index] = at;
    this.#lengthBytes[index] = lengthBytes;
    this.#wireBytes[index] = wireBytes;
    this.#capturedAtUs[index] = capturedAtUs;
    this.#flags[index] = this.#isAfterLoss ? flags | AFTER_LOSS : flags;
    this.#isAfterLoss = false;
    this.#count++;
    this.#writeAt = at + lengthBytes;
    this.#loop.wake();
  }

  countTruncated(): void {
    this.#counters.truncated++;
  }

  take(batch: FrameBatch): number {
    if (this.#held > 0) throw new Error('take before release: the frames of the last take are still out');
    const count = Math.min(this.#count, batch.capacity, this.#loop.roundLeft);
    for (let slot = 0; slot < count; slot++) {
      const index = (this.#oldest + slot) % this.#at.length;
      batch.at[slot] = this.#at[index]!;
      batch.lengthBytes[slot] = this.#lengthBytes[index]!;
      batch.wireBytes[slot] = this.#wireBytes[index]!;
      batch.capturedAtUs[slot] = this.#capturedAtUs[index]!;
      batch.flags[slot] = this.#flags[index]!;
    }
    batch.count = count;
    this.#held = count;
    this.#loop.roundLeft -= count;
    this.#counters.captured += count;
    return count;
  }

  release(): void {
    this.#oldest = (this.#oldest + this.#held) % this.#at.length;
    this.#count -= this.#held;
    this.#held = 0;
  }

  onReadable(listener: () => void): void {
    this.#loop.listen(listener);
  }

  setFilter(filter: CaptureFilter): void {
    this.#onFilter(filter);
  }

  counters(): CaptureCounters {
    return { ...this.#counters };
  }

  close(): void {
    this.#loop.stop();
    this.#count = 0;
    this.#held = 0;
    this.#onClose();
  }

  /** Where so many bytes may go, or -1. */
  #room(lengthBytes: number): number {
    if (this.#count === this.#at.length) return -1;
    if (this.#count === 0) return lengthBytes <= this.#size ? 0 : -1;
    const oldestAt = this.#at[this.#oldest]!;
    if (this.#writeAt <= oldestAt) return this.#writeAt + lengthBytes <= oldestAt ? this.#writeAt : -1;
    if (this.#writeAt + lengthBytes <= this.#size) return this.#writeAt;
    return lengthBytes <= oldestAt ? 0 : -1;
  }
}
