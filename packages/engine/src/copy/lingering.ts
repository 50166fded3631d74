// Copies whose session is over and whose target has all it needs. The target's late segments are still acknowledged for a moment (a small TIME_WAIT, RFC 9293 §3.6),
// which takes few numbers: a copy and its session leave their objects at once, where they would live just long enough to be moved to V8's old generation.
import { type AddressWords, FIN, RST, type TcpView } from '@parallax/wire';
import type { CopyPairs } from '../allocator/copy-pairs.ts';
import type { Leases } from '../allocator/leases.ts';
import { Fading } from '../fading.ts';
import type { FlowKey } from '../flow-table.ts';
import type { Ending } from '../ledger.ts';
import type { Mapping } from '../mapping.ts';
import type { Work } from '../work.ts';
import type { Copy } from './copy.ts';
import { emitAckOf, nextSeqOf } from './emit.ts';

/** What is left of a copy. */
export class Lingering {
  readonly mapping: Mapping;
  readonly source: AddressWords;
  readonly sourcePort: number;
  readonly target: AddressWords;
  readonly targetPort: number;
  readonly iss: number;
  readonly ending: Ending;
  readonly deadlineMs: number;
  readonly seq: number;
  readonly receiveNext: number;
  readonly hasTimestamps: boolean;
  readonly tsRecent: number;
  readonly leavesTimeWait: boolean;
  /** Its pair is free again. */
  isGone = false;

  constructor(copy: Copy) {
    this.mapping = copy.mapping;
    this.source = copy.source;
    this.sourcePort = copy.sourcePort;
    this.target = copy.target;
    this.targetPort = copy.targetPort;
    this.iss = copy.iss;
    this.ending = copy.ending!;
    this.deadlineMs = copy.lingerAtMs;
    this.seq = nextSeqOf(copy);
    this.receiveNext = copy.receiveNext;
    this.hasTimestamps = copy.hasTimestamps;
    this.tsRecent = copy.tsRecent;
    this.leavesTimeWait = copy.leavesTimeWait;
  }
}

export class LingeringCopies {
  readonly #work: Work;
  readonly #leases: Leases;
  readonly #pairs: CopyPairs;
  readonly #fading = new Fading<Lingering>();
  readonly #leave = (left: Lingering, number: number): void => {
    if (!left.isGone) this.#pairs.release(left, number);
  };

  constructor(work: Work, leases: Leases, pairs: CopyPairs) {
    this.#work = work;
    this.#leases = leases;
    this.#pairs = pairs;
  }

  get size(): number {
    return this.#fading.size;
  }

  *values(): IterableIterator<Lingering> {
    for (const left of this.#fading.values()) if (!left.isGone) yield left;
  }

  /** Its session is over: if it begins to linger, and no adapter listens to it, what is left of it takes its place. */
  reduce(copy: Copy): void {
    if (copy.state !== 'lingering' || copy.talk !== null) return;
    if (copy.lingerAtMs !== this.#work.nowMs + this.#work.limits.lingerMs) return; // it waited for another of its session: its time is not behind all others'
    this.#leases.reduce(copy, this.#fading.add(new Lingering(copy)));
    this.#work.wheel.disarm(copy);
    copy.state = 'closed';
    copy.deadlineMs = copy.lingerAtMs = 0;
  }

  /** The target said something to this pair. False if none of these has it. */
  onAnswer(key: FlowKey, tcp: TcpView, payloadBytes: number): boolean {
    const number = this.#leases.copies.get(key);
    if (typeof number !== 'number' || number >= 0) return false;
    const left = this.#fading.get(number);
    left.mapping.answers++;
    if ((tcp.flags & RST) !== 0) {
      left.isGone = true;
      this.#pairs.release(left, number);
    } else if (payloadBytes > 0 || (tcp.flags & FIN) !== 0) emitAckOf(this.#work, left);
    return true;
  }

  onTime(): void {
    if (this.#fading.size > 0) this.#fading.expire(this.#work.nowMs, this.#leave);
  }
}
