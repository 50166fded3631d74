// Sessions of which nothing was heard for a while leave their objects and stay as numbers, until something happens on them.
//
//   record | units | list | idle at (2) | session | copies...     the first word is the slab's; which lists of mappings; when the sweep wants it
//
// The tables lead to a session or copy, or to the record's number. Whoever finds a number wakes the session with all of its copies: they are as they were.
import { AddressBook } from '../address-book.ts';
import type { Copy } from '../copy/copy.ts';
import { forgive } from '../copy/resume.ts';
import { FlowKey, type FlowTable } from '../flow-table.ts';
import type { CopyTalk } from '../latency/copy-talk.ts';
import type { Talk } from '../latency/talk.ts';
import type { Mapping } from '../mapping.ts';
import type { Session } from '../session/session.ts';
import { idleAtMs } from '../sweep.ts';
import type { Work } from '../work.ts';
import { NumberReader, NumberWriter, readDouble, writeDouble } from './numbers.ts';
import { type Outline, ParkedOutline } from './outline.ts';
import { hasNames, readSession, takeFront, writeSession } from './record.ts';
import { isAtRest } from './rest.ts';
import { MOST_WORDS, Slab } from './slab.ts';

/** A parked session in the tables: its record. */
export type Parked = number;

const LIST = 1;
const IDLE_AT = 2;
const HEADER_WORDS = 4;
/** Beside the list: it is left alone; a copy of it waits for its target's answer. */
const SKIPPED = 1 << 16;
const AWAITING = 1 << 17;
/** Lists of mappings of parked sessions: as many as there are ways to ask for copies at one port. */
const MOST_LISTS = 1000;
/** Rounds begin at such distances at most. */
const ROUND_MS = 5000;
/** In one call, which comes every 4 ms while a round goes on: so many are looked at, and so many parked, which takes some 2 µs each. */
const LOOKS = 1024;
const PARKS = 32;

interface Lists {
  mappings: readonly Mapping[];
  leftOut: readonly Mapping[];
  /** Parked sessions that have them. */
  count: number;
}

/** What an adapter knows of a session and of its copies. */
interface Talks {
  readonly session: Talk | null;
  readonly copies: readonly (CopyTalk | null)[];
}

const none: readonly Mapping[] = [];

export class Parking {
  readonly #work: Work;
  readonly #sessions: FlowTable<Session | Parked>;
  readonly #copies: FlowTable<Copy | Parked>;
  readonly #slab = new Slab();
  readonly #writer = new NumberWriter();
  readonly #reader = new NumberReader();
  readonly #key = new FlowKey();
  readonly #addresses = new AddressBook();
  readonly #lists: Lists[] = [];
  readonly #talks = new Map<Parked, Talks>();
  /** Entry of the sessions' table to be looked at next; -1 between rounds. */
  #next = -1;
  #roundAtMs: number;
  /** How often a session was parked. */
  count = 0;

  constructor(work: Work, sessions: FlowTable<Session | Parked>, copies: FlowTable<Copy | Parked>) {
    this.#work = work;
    this.#sessions = sessions;
    this.#copies = copies;
    this.#roundAtMs = work.nowMs;
  }

  /** Sessions that are parked now. */
  get size(): number {
    return this.#slab.used;
  }
  /** Sessions are being looked at: `onTime` is wanted every few ms. */
  get isInRound(): boolean {
    return this.#next >= 0;
  }

  /** Time has passed: some sessions are looked at, and parked if they are at rest. */
  onTime(): void {
    const { nowMs, limits } = this.#work;
    if (this.#next < 0) {
      if (nowMs < this.#roundAtMs || this.#sessions.size === this.size) return;
      this.#roundAtMs = nowMs + Math.min(limits.parkAfterMs, ROUND_MS);
      this.#next = 0;
    }
    const sinceMs = nowMs - limits.parkAfterMs;
    let parks = 0;
    for (let looks = 0; looks < LOOKS && parks < PARKS; looks++) {
      if (this.#next >= this.#sessions.entries) {
        this.#next = -1;
        return;
      }
      const session = this.#sessions.valueAt(this.#next++);
      if (typeof session === 'object' && isAtRest(session, sinceMs) && this.#park(session)) parks++;
    }
  }

  /** False if it cannot be written down, or is too long. */
  #park(session: Session): boolean {
    if (!hasNames(session)) return false;
    for (const copy of session.copies) if (copy.ending === null && this.#copies.get(this.#keyOfCopy(copy)) !== copy) return false;
    const lists = this.#listsOf(session.mappings, session.leftOut);
    if (lists < 0) return false;
    const writer = this.#writer;
    writer.restart(HEADER_WORDS);
    writeSession(writer, session);
    if (writer.at > MOST_WORDS) return false;
    const record = this.#slab.take(writer.at);
    const words = this.#slab.chunkOf(record);
    const start = this.#slab.startOf(record);
    for (let word = HEADER_WORDS; word < writer.at; word++) words[start + word] = writer.words[word]!;
    const isAwaiting = session.copies.some(({ ending, isAwaitingTarget }) => ending === null && isAwaitingTarget);
    words[start + LIST] = lists | (session.isSkipped ? SKIPPED : 0) | (isAwaiting ? AWAITING : 0);
    writeDouble(words, start + IDLE_AT, idleAtMs(this.#work, session));
    this.#lists[lists]!.count++;
    if (session.talk !== null || session.copies.some(({ talk }) => talk !== null))
      this.#talks.set(record, { session: session.talk, copies: session.copies.map(({ talk }) => talk) });
    this.#point(session, record, record);
    this.count++;
    return true;
  }

  /** The session is awake: the tables lead to it and to its copies. */
  wake(record: Parked): Session {
    const session = this.read(record);
    const lists = this.#lists[this.#listOf(record)]!;
    if (--lists.count === 0) lists.mappings = lists.leftOut = none;
    this.#talks.delete(record);
    this.#slab.give(record);
    this.#point(session, session, null);
    return session;
  }

  #point(session: Session, value: Session | Parked, copyValue: Parked | null): void {
    const { client, clientPort, server, serverPort } = session;
    this.#sessions.set(this.#key.set(client, clientPort, server, serverPort), value);
    for (const copy of session.copies) if (copy.ending === null) this.#copies.set(this.#keyOfCopy(copy), copyValue ?? copy);
  }

  /** The session as it is, to be looked at: it stays parked. */
  read(record: Parked): Session {
    this.#moveTo(record);
    const { mappings, leftOut } = this.#lists[this.#listOf(record)]!;
    const session = readSession(this.#reader, mappings, leftOut, this.#addresses);
    for (const copy of session.copies)
      if (copy.ending === null && copy.mapping.resumedAtMs >= copy.progressAtMs) forgive(copy, this.#work.limits, copy.mapping.resumedAtMs);
    const talks = this.#talks.get(record);
    if (talks === undefined) return session;
    session.talk = talks.session;
    session.copies.forEach((copy, place) => {
      copy.talk = talks.copies[place]!;
    });
    return session;
  }

  outline(record: Parked): Outline {
    this.#moveTo(record);
    const { mappings, leftOut } = this.#lists[this.#listOf(record)]!;
    return new ParkedOutline(record, takeFront(this.#reader, this.#addresses), mappings, leftOut, this.#is(record, SKIPPED));
  }

  /** Wake those of which the sweep may want something. */
  wakeIdle(): void {
    for (const record of this.#records())
      if (readDouble(this.#slab.chunkOf(record), this.#slab.startOf(record) + IDLE_AT) <= this.#work.nowMs) this.wake(record);
  }

  /** Wake all sessions of the mapping, those included that it leaves out. */
  wakeOf(mapping: Mapping): void {
    for (const record of this.#recordsOf(mapping)) this.wake(record);
  }

  /** The mapping's relay is back: wake those that must ask for an answer. The others are told when they wake for another reason. */
  wakeAwaiting(mapping: Mapping): void {
    for (const record of this.#recordsOf(mapping)) if (this.#is(record, AWAITING)) this.wake(record);
  }

  *#recordsOf(mapping: Mapping): IterableIterator<Parked> {
    const isOfIt = this.#lists.map(({ mappings, leftOut }) => mappings.includes(mapping) || leftOut.includes(mapping));
    for (const record of this.#records()) if (isOfIt[this.#listOf(record)]) yield record;
  }

  *#records(): IterableIterator<Parked> {
    for (const value of this.#sessions.values()) if (typeof value === 'number' && value >= 0) yield value;
  }

  #moveTo(record: Parked): void {
    this.#reader.moveTo(this.#slab.chunkOf(record), this.#slab.startOf(record) + HEADER_WORDS);
  }

  #is(record: Parked, flag: number): boolean {
    return (this.#slab.chunkOf(record)[this.#slab.startOf(record) + LIST]! & flag) !== 0;
  }

  #listOf(record: Parked): number {
    return this.#slab.chunkOf(record)[this.#slab.startOf(record) + LIST]! & (SKIPPED - 1);
  }

  /** Where these two lists are kept; -1 if there are too many. */
  #listsOf(mappings: readonly Mapping[], leftOut: readonly Mapping[]): number {
    const lists = this.#lists;
    let unused = -1;
    for (let place = 0; place < lists.length; place++) {
      const known = lists[place]!;
      if (known.mappings === mappings && known.leftOut === leftOut) return place;
      if (known.count === 0) unused = place;
    }
    if (unused < 0 && lists.length >= MOST_LISTS) return -1;
    lists[unused < 0 ? lists.length : unused] = { mappings, leftOut, count: 0 };
    return unused < 0 ? lists.length - 1 : unused;
  }

  #keyOfCopy(copy: Copy): FlowKey {
    return this.#key.set(copy.source, copy.sourcePort, copy.target, copy.targetPort);
  }
}
