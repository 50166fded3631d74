// Sessions that somebody looks at, segment by segment: what was captured, what their copies sent and heard, and when these held bytes back.
import { FIN, SYN, seqDiff, type TcpView } from '@parallax/wire';
import type { Copy, Held } from '../copy/copy.ts';
import { NO_TIME_US } from '../latency/plausible.ts';
import type { Session } from '../session/session.ts';

/** What is kept of one session until it is taken; beyond, moments are counted only. */
const MOST_MOMENTS = 500;
/** So many copies of a session are looked at. */
const MOST_COPIES = 50;

/** One segment. Times are µs since 1970 on the online host's clock. */
export interface SeenSegment {
  readonly what: 'segment';
  /** When the kernel saw it; where that is not known, when the engine was told of it. A target's are moved by the shortest way to the assistant. */
  atUs: number;
  readonly from: 'client' | 'online' | 'copy' | 'target';
  /** Whose it is, or null for the session's own. */
  readonly copy: Copy | null;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly payloadBytes: number;
  /** All of it had been said before. */
  readonly isAgain: boolean;
}

/** From here on the copy holds bytes back for another reason, or for none. */
export interface SeenHold {
  readonly what: 'hold';
  readonly atUs: number;
  readonly copy: Copy;
  readonly held: Held | null;
  /** Captured and not sent yet. */
  readonly waitingBytes: number;
}

export type Moment = SeenSegment | SeenHold;

/** One session since it was taken last. */
export interface Seen {
  /** As it was seen last; null until a segment of it was. */
  session: Session | null;
  moments: Moment[];
  /** So many more were not kept. */
  omitted: number;
}

/** One conversation: behind the highest number that was said to the server, and by it; null before any. */
class Lane {
  toServer: number | null = null;
  fromServer: number | null = null;
  held: Held | null = null;
}

interface Following extends Seen {
  readonly own: Lane;
  readonly copies: WeakMap<Copy, Lane>;
}

function laneOf(following: Following, copy: Copy | null): Lane {
  if (copy === null) return following.own;
  const known = following.copies.get(copy);
  if (known !== undefined) return known;
  const lane = new Lane();
  following.copies.set(copy, lane);
  return lane;
}

export class Followed {
  readonly #sessions = new Map<number, Following>();
  #nowUs: () => number = () => 0;

  /** 0 nearly always: then nothing else here is called. */
  get count(): number {
    return this.#sessions.size;
  }

  /** Follow these sessions, by their ids, and no others. `nowUs` tells µs since 1970. */
  follow(ids: Iterable<number>, nowUs: () => number): void {
    this.#nowUs = nowUs;
    const wanted = new Set(ids);
    for (const id of this.#sessions.keys()) if (!wanted.has(id)) this.#sessions.delete(id);
    for (const id of wanted)
      if (!this.#sessions.has(id)) this.#sessions.set(id, { session: null, moments: [], omitted: 0, own: new Lane(), copies: new WeakMap() });
  }

  /** What was seen of the session since the last time; null if it is not followed. */
  take(id: number): Seen | null {
    const following = this.#sessions.get(id);
    if (following === undefined) return null;
    this.#look(following);
    const { session, moments, omitted } = following;
    following.moments = [];
    following.omitted = 0;
    return { session, moments, omitted };
  }

  onCaptured(from: 'client' | 'online', session: Session, tcp: TcpView, payloadBytes: number, atUs: number): void {
    const following = this.#sessions.get(session.id);
    if (following === undefined) return;
    following.session = session;
    this.#add(following, from, null, atUs, tcp.seq, tcp.ack, tcp.flags, payloadBytes);
  }

  /** `answeredAtUs` on the assistant's clock. */
  onAnswer(copy: Copy, tcp: TcpView, payloadBytes: number, answeredAtUs: number): void {
    const following = this.#sessions.get(copy.session.id);
    if (following === undefined) return;
    following.session = copy.session;
    const { answerOffsetUs } = copy.mapping;
    const atUs = answeredAtUs !== NO_TIME_US && Number.isFinite(answerOffsetUs) ? answeredAtUs - answerOffsetUs : NO_TIME_US;
    this.#add(following, 'target', copy, atUs, tcp.seq, tcp.ack, tcp.flags, payloadBytes);
  }

  onSent(copy: Copy, seq: number, ack: number, flags: number, payloadBytes: number): void {
    const following = this.#sessions.get(copy.session.id);
    if (following === undefined) return;
    following.session = copy.session;
    this.#add(following, 'copy', copy, this.#nowUs(), seq, ack, flags, payloadBytes);
  }

  /** The kernel's own time for what the copy sent. */
  onLeft(copy: Copy, seq: number, payloadBytes: number, atUs: number): void {
    const following = this.#sessions.get(copy.session.id);
    if (following === undefined || following.omitted > 0) return;
    const sent = following.moments.findLast((each) => each.copy === copy && each.what === 'segment' && each.from === 'copy' && each.seq === seq);
    if (sent?.what === 'segment' && sent.payloadBytes === payloadBytes && atUs !== NO_TIME_US) sent.atUs = atUs;
  }

  /** A batch is done: which copies hold bytes back now? */
  onBatch(): void {
    for (const following of this.#sessions.values()) this.#look(following);
  }

  #look(following: Following): void {
    const { session } = following;
    if (session === null) return;
    for (let index = 0; index < session.copies.length && index < MOST_COPIES; index++) {
      const copy = session.copies[index]!;
      const lane = laneOf(following, copy);
      const held = copy.ending === null ? copy.held : null;
      if (held === lane.held) continue;
      lane.held = held;
      this.#keep(following, {
        what: 'hold',
        atUs: this.#nowUs(),
        copy,
        held,
        waitingBytes: Math.max(0, seqDiff(session.clientNext, copy.sendNext)),
      });
    }
  }

  #add(following: Following, from: SeenSegment['from'], copy: Copy | null, atUs: number, seq: number, ack: number, flags: number, payloadBytes: number): void {
    const lane = laneOf(following, copy);
    const side = from === 'client' || from === 'copy' ? 'toServer' : 'fromServer';
    const numbers = payloadBytes + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);
    const end = (seq + numbers) | 0;
    const said = lane[side];
    const isAgain = numbers > 0 && said !== null && seqDiff(end, said) <= 0;
    if (numbers > 0 && !isAgain) lane[side] = end;
    this.#keep(following, { what: 'segment', atUs: atUs === NO_TIME_US ? this.#nowUs() : atUs, from, copy, seq, ack, flags, payloadBytes, isAgain });
  }

  #keep(following: Following, moment: Moment): void {
    if (following.moments.length < MOST_MOMENTS) following.moments.push(moment);
    else following.omitted++;
  }
}
