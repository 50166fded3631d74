// A way of receiving: what it makes of a packet socket, and what it takes of the memory. One file each: frame-ring.ts, block-ring.ts, messages.ts.
import type { Capture } from '../contract.ts';
import type { NativeMemory } from './native-memory.ts';

/** Made on a packet socket that is not bound yet. */
export interface Receiver {
  /** What it takes at the beginning of the memory. */
  readonly bytes: number;
  /** For the operator: what frames come through. */
  readonly words: string;
  /** The memory of the whole packet path. Throws NoRing. */
  mapMemory(bytes: number): NativeMemory;
  /** Frames can be told to it by hand (stage.ts). */
  readonly hasStage: boolean;
  /** Takes the socket over. */
  begin(memory: NativeMemory): Capture;
  /** Instead of `begin`, after `mapMemory`: the memory no longer holds the socket open. */
  abandon(memory: NativeMemory): void;
}

/** There is no ring to be had, or no view of it; without one frames may be received all the same. */
export class NoRing extends Error {}
