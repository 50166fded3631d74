// The application of a client of the model: says its requests, waits for answers or does not, and ends in one of several ways.
import type { Peer } from './peer.ts';
import { abort, close, finish, read, write } from './peer-send.ts';
import type { Random } from './random.ts';
import { encodeRequest, type Request } from './requests.ts';

export type ClientEnd = 'close' | 'halfClose' | 'abort' | 'abortEarly' | 'vanish' | 'stay' | 'waitForServer';

/** Requests that are said without waiting in between, and what is waited for behind them. */
export interface Turn {
  requests: Request[];
  /** Cuts the turn's bytes into so many writes with a pause in between. */
  writes: number;
  pauseMs: number;
  thinkMs: number;
  /** Answer bytes that are waited for (of all turns so far) before the next turn. */
  awaitBytes: number;
  /** It begins when all before it has been answered. */
  isClean: boolean;
  /** An answer to something before may come between its writes. */
  mayBeInterrupted: boolean;
}

/** A request as it was said: bytes [from, to) of the client's stream. */
export interface SaidRequest {
  from: number;
  to: number;
  atMs: number;
  isClean: boolean;
}

export class ClientApp {
  readonly peer: Peer;
  readonly #turns: readonly Turn[];
  readonly #end: ClientEnd;
  readonly #random: Random;
  #turn = 0;
  #isSpeaking = false;
  #isClosing = false;
  readonly said: SaidRequest[] = [];
  /** Where a copy may begin that wants whole requests. */
  readonly starts = new Set<number>();
  /** An answer may have come in the middle of one of its turns, which looks like the end of a request. */
  readonly hasInterruptedTurns: boolean;
  isVanished = false;
  isOver = false;
  /** Answer bytes expected for all that was asked. */
  readonly #allAnswerBytes: number;

  constructor(peer: Peer, turns: readonly Turn[], end: ClientEnd, allAnswerBytes: number, random: Random) {
    this.peer = peer;
    this.#turns = turns;
    this.hasInterruptedTurns = turns.some(({ mayBeInterrupted, writes }) => mayBeInterrupted && writes > 1);
    this.#end = end;
    this.#allAnswerBytes = allAnswerBytes;
    this.#random = random;
  }

  onOpen(): void {
    this.#goOn();
  }
  onReadable(): void {
    if (this.isVanished) return;
    read(this.peer, this.peer.unreadBytes);
    if (this.peer.isFinReceived) {
      if (this.#isClosing) return;
      this.isOver = this.#isClosing = true;
      this.#later(this.#random.between(0, 20), () => close(this.peer));
    } else this.#goOn();
  }

  #later(delayMs: number, run: () => void): void {
    this.peer.wire.schedule.after(delayMs * 1000, () => {
      if (this.peer.isOpen && !this.isVanished) run();
    });
  }

  #goOn(): void {
    if (this.#isSpeaking || this.isOver) return;
    const received = this.peer.received.length;
    const turn = this.#turns[this.#turn];
    if (turn === undefined) {
      if (received >= this.#allAnswerBytes || this.#end === 'halfClose' || this.#end === 'abortEarly') this.#finish();
      return;
    }
    if (received < turn.awaitBytes) return;
    this.#isSpeaking = true;
    this.#turn++;
    this.#later(turn.thinkMs, () => this.#speak(turn));
  }

  #speak(turn: Turn): void {
    const parts = turn.requests.map((request) => encodeRequest(request, this.#random));
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    const { sent, wire } = this.peer;
    for (const part of parts) {
      this.said.push({ from: sent.length + at, to: sent.length + at + part.length, atMs: wire.schedule.nowMs, isClean: turn.isClean && at === 0 });
      this.starts.add(sent.length + at);
      all.set(part, at);
      at += part.length;
    }
    let said = 0;
    const sayOn = () => {
      const size = Math.ceil(all.length / turn.writes);
      if (turn.mayBeInterrupted) this.starts.add(sent.length);
      write(this.peer, all.subarray(said, said + size));
      said += size;
      if (said < all.length) return this.#later(turn.pauseMs, sayOn);
      this.#isSpeaking = false;
      this.#goOn();
    };
    sayOn();
  }

  #finish(): void {
    this.isOver = true;
    const { peer } = this;
    this.#later(this.#random.between(0, 30), () => {
      if (this.#end === 'close') close(peer);
      else if (this.#end === 'halfClose') {
        finish(peer);
        this.isOver = this.#isClosing;
      } else if (this.#end === 'abort' || this.#end === 'abortEarly') abort(peer);
      else if (this.#end === 'vanish') this.isVanished = true;
      else if (this.#end === 'waitForServer') this.isOver = this.#isClosing;
    });
  }
}
