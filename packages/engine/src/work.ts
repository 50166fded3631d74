import type { Segment } from '@parallax/wire';
import type { Pair } from './allocator/leases.ts';
import type { Copy } from './copy/copy.ts';
import type { Effects } from './effects.ts';
import type { Followed } from './follow/followed.ts';
import type { Exchanges } from './latency/exchange.ts';
import type { Listener } from './latency/parsed.ts';
import type { Limits } from './limits.ts';
import type { Mapping } from './mapping.ts';
import type { Pieces } from './pieces.ts';
import type { KeepingUp } from './session/keeping-up.ts';
import type { Session } from './session/session.ts';
import type { TimerWheel } from './timer-wheel.ts';
import type { TokenBucket } from './token-bucket.ts';

/** What every step works with: the world's effects, what sessions share, and the time of this step. */
export interface Work {
  readonly out: Effects;
  readonly pieces: Pieces;
  readonly exchanges: Exchanges;
  /** Hears what is said on sessions whose protocol is understood. */
  readonly listener: Listener;
  readonly wheel: TimerWheel<Copy>;
  readonly limits: Limits;
  /** Scratch for the one segment being sent. */
  readonly segment: Segment;
  /** Whole ms on a clock that never goes back. */
  nowMs: number;
  /** Added to `nowMs` for the timestamps option, so that a restarted agent's clock goes on (RFC 7323 §5). */
  readonly timestampBaseMs: number;
  /** How often the kernel was found to have lost packets of the capture. */
  captureDrops: number;
  /** When that was last. */
  dropAtMs: number;
  /** The host has too much to do: no copy of a session begins that has none yet. */
  isShedding: boolean;
  readonly keepingUp: KeepingUp;
  /** Sessions that somebody looks at. */
  readonly followed: Followed;
  /** Bounds the resets that leave. */
  readonly resets: TokenBucket;
  /** Copies that must acknowledge at the end of the batch unless data did it. */
  readonly ackDue: Copy[];
  /** Copies whose segment left with this flush and wants its time. */
  readonly stampDue: Copy[];
  /** Where a copy of the session may speak from; null when no port is free. */
  findPair(session: Session, mapping: Mapping, isFirst: boolean): Pair | null;
  /** The target's answers to the copy's port are the copy's. */
  knowCopy(copy: Copy): void;
  /** The copy's port is free again. */
  forgetCopy(copy: Copy): void;
  /** The copy's session is over: if the copy only lingers, it leaves its object. */
  reduceCopy(copy: Copy): void;
  /** The target knows a connection of the copy's address and port already: open it from others. */
  moveCopy(copy: Copy): void;
  /** Nothing of the session is left. */
  forgetSession(session: Session): void;
}
