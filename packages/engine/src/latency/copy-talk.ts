// The requests of a session as one copy says them: which are on their way to the target, and since when.
import { seqDiff } from '@parallax/wire';
import type { Exchange } from './exchange.ts';

/** Sent twice, or not stamped yet: its latency is not known. */
const NEVER = Number.NaN;
const COMPACT_FROM = 256;

export class CopyTalk {
  /** The oldest exchange that the target has not answered; null when it has answered all. */
  first: Exchange | null = null;
  /** Ordinal of the target's next response on this connection. */
  ordinal = 0;
  /** Responses to a request that the client was still saying: it is answered, and counted, when it ends. */
  answersAhead = 0;
  /** That response was an error. */
  isErrorAhead = false;
  /** The first whose request has not been sent whole, and the first that the kernel was not seen to send. */
  #unsent: Exchange | null = null;
  #unseen: Exchange | null = null;
  /** Times of sending, µs, from index `#head` on: those of the exchanges from `first` to before `#unsent`. */
  readonly #sentAtUs: number[] = [];
  #head = 0;
  #stamped = 0;
  #seen = 0;

  /** The same requests, to be said anew on another connection. */
  succeed(): CopyTalk {
    const heir = new CopyTalk();
    heir.first = heir.#unsent = heir.#unseen = this.first;
    this.first = this.#unsent = this.#unseen = null;
    return heir;
  }

  append(exchange: Exchange): void {
    this.first ??= exchange;
    this.#unsent ??= exchange;
    this.#unseen ??= exchange;
  }

  /** The copy has sent all up to `sendMax`. */
  onSent(sendMax: number): void {
    while (this.#unsent !== null && seqDiff(this.#unsent.endSeq, sendMax) <= 0) {
      this.#sentAtUs.push(NEVER);
      this.#unsent = this.#unsent.next;
    }
  }

  /** What was sent since the last stamp leaves at about this time. */
  stamp(sentAtUs: number): void {
    for (; this.#stamped < this.#sentAtUs.length; this.#stamped++) this.#sentAtUs[this.#stamped] = sentAtUs;
  }

  /** The kernel sent a segment [seq, end) at this time. */
  onLeft(seq: number, end: number, leftAtUs: number): void {
    while (this.#unseen !== null && this.#unseen !== this.#unsent && seqDiff(this.#unseen.endSeq, end) <= 0) {
      if (seqDiff(this.#unseen.endSeq, seq) > 0 && !Number.isNaN(this.#sentAtUs[this.#seen])) this.#sentAtUs[this.#seen] = leftAtUs;
      this.#seen++;
      this.#unseen = this.#unseen.next;
    }
  }

  /** Some of what is on its way was sent again: which of them the answer is for nobody knows. */
  onResent(): void {
    for (let index = this.#head; index < this.#sentAtUs.length; index++) this.#sentAtUs[index] = NEVER;
    this.#stamped = this.#sentAtUs.length;
  }

  /** The target answered `first`, or it is given up: when it was sent, µs; NaN if that is not known. The caller releases it. */
  shift(): number {
    const exchange = this.first!;
    this.first = exchange.next;
    if (this.#unseen === exchange) {
      this.#unseen = exchange.next;
      if (this.#unsent !== exchange) this.#seen++;
    }
    if (this.#unsent === exchange) {
      this.#unsent = exchange.next;
      return NEVER;
    }
    const sentAtUs = this.#sentAtUs[this.#head++]!;
    if (this.#head === this.#sentAtUs.length || this.#head >= COMPACT_FROM) this.#compact();
    return sentAtUs;
  }

  #compact(): void {
    if (this.#head === this.#sentAtUs.length) this.#sentAtUs.length = 0;
    else if (this.#head * 2 < this.#sentAtUs.length) return;
    else this.#sentAtUs.splice(0, this.#head);
    this.#stamped -= this.#head;
    this.#seen -= this.#head;
    this.#head = 0;
  }
}
