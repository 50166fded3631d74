// The application of a server of the model: reads requests at its own pace and answers them one after the other.
import { FIRST, LAST as LAST_BYTE, ONLY } from './adapter.ts';
import { Bytes } from './bytes.ts';
import type { Peer } from './peer.ts';
import { abort, close, finish, read, write } from './peer-send.ts';
import type { Random } from './random.ts';
import { decodeRequest, EARLY, HEADER_BYTES, isHeader, LAST, ONE_WAY, type Request } from './requests.ts';

export interface ServerBehaviour {
  greetingBytes: number;
  /** Multiplies every request's own delay. */
  slowness: number;
  /** Added to every answer's length. */
  extraAnswerBytes: number;
  /** Answers leave in so many writes. */
  bursts: number;
  /** Bytes read at a time, and the pause between; 0 reads all at once. */
  readBytes: number;
  readEveryMs: number;
  /** Nothing is read in [from, to) ms of the connection. */
  stallMs: readonly [number, number] | null;
  /** Closes behind so many answers; 0 for never. */
  closeAfterAnswers: number;
  /** Resets once so many bytes have come; 0 for never. */
  resetAfterBytes: number;
  /** Answers nothing at all. */
  isMute: boolean;
  /** Does not close when the client has. */
  neverCloses: boolean;
}

export const wellBehaved: ServerBehaviour = {
  greetingBytes: 0,
  slowness: 1,
  extraAnswerBytes: 0,
  bursts: 1,
  readBytes: 0,
  readEveryMs: 0,
  stallMs: null,
  closeAfterAnswers: 0,
  resetAfterBytes: 0,
  isMute: false,
  neverCloses: false,
};

export class ServerApp {
  readonly #peer: Peer;
  readonly #behaviour: ServerBehaviour;
  readonly #random: Random;
  readonly #onNonsense: () => void;
  readonly #stream = new Bytes();
  readonly #openedUs: number;
  #parsedAt = 0;
  #isBusy = false;
  #hasEarlyAnswer = false;
  #isReading = false;
  answers = 0;
  isDone = false;

  /** What is no request is told and the connection reset. */
  constructor(peer: Peer, behaviour: ServerBehaviour, random: Random, onNonsense: () => void) {
    this.#peer = peer;
    this.#onNonsense = onNonsense;
    this.#behaviour = behaviour;
    this.#random = random;
    this.#openedUs = peer.wire.schedule.nowUs;
    if (behaviour.greetingBytes > 0) this.#later(random.between(0, 5), () => this.#say(behaviour.greetingBytes));
  }

  onReadable(): void {
    const { stallMs, readBytes, readEveryMs } = this.#behaviour;
    const { schedule } = this.#peer.wire;
    if (this.isDone || this.#isReading) return;
    const sinceMs = (schedule.nowUs - this.#openedUs) / 1000;
    if (stallMs !== null && sinceMs >= stallMs[0] && sinceMs < stallMs[1]) return this.#readLater(stallMs[1] - sinceMs);
    this.#stream.append(read(this.#peer, readBytes === 0 ? this.#peer.unreadBytes : readBytes));
    if (this.#behaviour.resetAfterBytes > 0 && this.#stream.length >= this.#behaviour.resetAfterBytes) return this.#stop(() => abort(this.#peer));
    this.#work();
    if (this.#peer.unreadBytes > 0 && !this.isDone) this.#readLater(readEveryMs);
  }

  #readLater(delayMs: number): void {
    this.#isReading = true;
    this.#peer.wire.schedule.after(delayMs * 1000, () => {
      this.#isReading = false;
      this.onReadable();
    });
  }

  #later(delayMs: number, run: () => void): void {
    this.#peer.wire.schedule.after(delayMs * 1000, () => {
      if (!this.isDone && this.#peer.isOpen) run();
    });
  }

  #work(): void {
    if (this.#isBusy || this.isDone) return;
    const available = this.#stream.length - this.#parsedAt;
    if (available >= HEADER_BYTES) {
      const header = this.#stream.slice(this.#parsedAt, this.#parsedAt + HEADER_BYTES);
      if (!isHeader(header)) {
        this.#onNonsense();
        return this.#stop(() => abort(this.#peer));
      }
      const request = decodeRequest(header);
      if ((request.flags & EARLY) !== 0 && !this.#hasEarlyAnswer && request.lengthBytes > available) {
        this.#hasEarlyAnswer = true;
        if (!this.#behaviour.isMute) this.#say(25);
      }
      if (available >= request.lengthBytes) {
        this.#parsedAt += request.lengthBytes;
        this.#hasEarlyAnswer = false;
        this.#isBusy = true;
        return this.#later(request.delayMs * this.#behaviour.slowness, () => this.#answer(request));
      }
    }
    if (this.#peer.isFinReceived && this.#peer.unreadBytes === 0 && !this.#behaviour.neverCloses) this.#stop(() => close(this.#peer));
  }

  #answer(request: Request): void {
    const { isMute, extraAnswerBytes, bursts, closeAfterAnswers } = this.#behaviour;
    const isLast = (request.flags & LAST) !== 0;
    const done = () => {
      this.#isBusy = false;
      this.answers++;
      if (isLast || (closeAfterAnswers > 0 && this.answers >= closeAfterAnswers)) this.#stop(() => (isLast ? finish(this.#peer) : close(this.#peer)));
      else this.#work();
    };
    if (isMute || (request.flags & ONE_WAY) !== 0) return done();
    const total = request.answerBytes + extraAnswerBytes;
    let said = 0;
    const sayOn = () => {
      const bytes = said + Math.ceil(total / bursts) >= total ? total - said : Math.ceil(total / bursts);
      this.#say(bytes, said === 0, said + bytes >= total, request.answerBytes % 2 === 1 ? 'odd' : 'even');
      said += bytes;
      if (said >= total) done();
      else this.#later(this.#random.between(0, 8), sayOn);
    };
    sayOn();
  }

  #say(bytes: number, isFirst = false, isLast = false, parity: 'odd' | 'even' = 'even'): void {
    const answer = new Uint8Array(bytes).fill(0x61);
    if (isFirst) answer[0] = FIRST;
    if (isLast) answer[bytes - 1] = isFirst && bytes === 1 ? ONLY[parity] : LAST_BYTE[parity];
    write(this.#peer, answer);
  }

  #stop(how: () => void): void {
    this.isDone = true;
    how();
    // What still comes is read and thrown away, so that a half-closed connection ends.
    const drain = () => {
      if (this.#peer.state !== 'established') return;
      read(this.#peer, this.#peer.unreadBytes);
      if (this.#peer.isFinReceived) finish(this.#peer);
      else this.#peer.wire.schedule.after(20_000, drain);
    };
    drain();
  }
}
