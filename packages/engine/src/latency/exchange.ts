// One request of a client and what became of it on both servers.
import { listOfObjects } from '../lists.ts';
import type { Mapping } from '../mapping.ts';
import type { Session } from '../session/session.ts';
import type { Work } from '../work.ts';

/** Latency of an exchange whose times are not known. */
export const UNKNOWN_US = -1;

/** Held by the online side and by every copy until it has passed them; then used again. */
export class Exchange {
  session: Session | null = null;
  /** The one after it on the same session. */
  next: Exchange | null = null;
  kind = '';
  /** Number behind the request's last byte, in the client's (and so the copies') sequence space. */
  endSeq = 0;
  /** When that byte was captured: µs since 1970 by the kernel, and on the engine's clock. */
  requestAtUs = 0;
  requestAtMs = 0;
  isAnsweredOnline = false;
  /** To the first byte of the online server's answer, µs. */
  onlineUs = UNKNOWN_US;
  /** The online side and the copies that have not passed it. */
  references = 0;
  /** Mappings whose first copy was answered before the session was, and how fast, µs. */
  early: Mapping[] | null = null;
  earlyUs: number[] | null = null;
}

/** Exchanges that are not in use; a bounded number is in use at a time. */
export class Exchanges {
  readonly #most: number;
  readonly #mostOfSession: number;
  readonly #free = listOfObjects<Exchange>();
  used = 0;

  constructor(most: number, mostOfSession: number) {
    this.#most = most;
    this.#mostOfSession = mostOfSession;
  }

  hasRoom(session: Session): boolean {
    return this.used < this.#most && session.exchangesHeld < this.#mostOfSession;
  }

  take(session: Session, kind: string, endSeq: number, capturedAtUs: number, nowMs: number): Exchange {
    const exchange = this.#free.pop() ?? new Exchange();
    exchange.session = session;
    exchange.kind = kind;
    exchange.endSeq = endSeq;
    exchange.requestAtUs = capturedAtUs;
    exchange.requestAtMs = nowMs;
    exchange.isAnsweredOnline = false;
    exchange.onlineUs = UNKNOWN_US;
    exchange.references = 0;
    session.exchangesHeld++;
    this.used++;
    return exchange;
  }

  /** One of those that hold it needs it no more. */
  release(exchange: Exchange): void {
    if (--exchange.references > 0) return;
    const session = exchange.session!;
    session.exchangesHeld--;
    if (session.talk?.last === exchange) session.talk.last = null;
    exchange.session = exchange.next = null;
    exchange.early = exchange.earlyUs = null;
    this.used--;
    this.#free.push(exchange);
  }
}

/** The online server answered after `onlineUs`. */
export function answerOnline(work: Work, exchange: Exchange, onlineUs: number): void {
  exchange.isAnsweredOnline = true;
  exchange.onlineUs = onlineUs;
  const { early, earlyUs } = exchange;
  if (early === null || earlyUs === null) return;
  if (onlineUs !== UNKNOWN_US) for (let index = 0; index < early.length; index++) work.out.paired(early[index]!, exchange.kind, onlineUs, earlyUs[index]!);
  exchange.early = exchange.earlyUs = null;
}

/** The target answered a mapping's first copy after `targetUs`. */
export function answerTarget(work: Work, exchange: Exchange, mapping: Mapping, targetUs: number): void {
  if (!exchange.isAnsweredOnline) {
    exchange.early ??= [];
    exchange.earlyUs ??= [];
    exchange.early.push(mapping);
    exchange.earlyUs.push(targetUs);
  } else if (exchange.onlineUs !== UNKNOWN_US) work.out.paired(mapping, exchange.kind, exchange.onlineUs, targetUs);
}
