import type { Segment } from '@parallax/wire';
import type { Mapping, Refusal } from './mapping.ts';

export type Side = 'online' | 'target';

/** All that the engine asks of the world. Spans are whole µs, but for those of a pair, whose difference counts: whole numbers are no objects in V8. */
export interface Effects {
  /** Send this segment; its fields and payload are valid only during the call. */
  inject(segment: Segment): void;
  /** Silence of the mapping's target is to be judged: has all been told that its assistant captured up to now? `Engine.onHeardUpTo` answers. Asked again while it does not. */
  ask(mapping: Mapping): void;
  /** What the mapping's clients say cannot be copied; it should be removed, but not during the call. */
  refuse(mapping: Mapping, why: Refusal): void;
  /** An exchange was answered: last byte of the request to first byte of the response, µs; negative if that is not known. */
  answered(mapping: Mapping, side: Side, kind: string, firstByteUs: number): void;
  /** The answer is complete: last byte of the request to last byte of the response, µs; negative if that is not known. */
  finished(mapping: Mapping, side: Side, kind: string, lastByteUs: number, isError: boolean): void;
  /** The same exchange on the session and on the mapping's first copy of it, to the first byte, µs. */
  paired(mapping: Mapping, kind: string, onlineUs: number, targetUs: number): void;
  /** From the request's last byte on the online server's card to the same byte of the copy leaving there, µs. */
  held(mapping: Mapping, kind: string, us: number): void;
  /** The handshake, SYN to SYN+ACK, µs; at the target beyond the fastest one of the last minutes. */
  connected(mapping: Mapping, side: Side, us: number): void;
  /** What clients and the online server, or the target, say on a connection is not what the mapping's adapter understands; once for each connection and side. */
  notUnderstood(mapping: Mapping, side: Side, reason: string): void;
  /** An exchange was not timed because a clock was set meanwhile. */
  clockSet(mapping: Mapping, side: Side): void;
  /** The server refused or reset a connection; once for each. */
  reset(mapping: Mapping, side: Side): void;
}
