import type { Segment } from '@parallax/wire';
import type { Mapping } from './mapping.ts';

/** All that the engine asks of the world. */
export interface Effects {
  /** Send this segment; its fields and payload are valid only during the call. */
  inject(segment: Segment): void;
  /** One answered exchange: last byte of the request to first byte of the response, µs. */
  exchange(mapping: Mapping, side: 'online' | 'target', latencyUs: number): void;
}
