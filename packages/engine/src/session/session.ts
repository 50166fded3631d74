import type { AddressWords } from '@parallax/wire';
import { defineBooleans } from '../booleans.ts';
import type { Copy } from '../copy/copy.ts';
import type { Exchange } from '../latency/exchange.ts';
import type { Talk } from '../latency/talk.ts';
import { TURNS } from '../latency/turns.ts';
import type { Ending } from '../ledger.ts';
import type { Mapping } from '../mapping.ts';
import { NONE } from '../pieces.ts';
import type { Pushes } from './pushes.ts';
import type { Speech } from './tls.ts';

/** `count` copies for a mapping that ended before they began. */
export interface Absence {
  readonly mapping: Mapping;
  readonly ending: Ending;
  count: number;
}

/** A mapping that started while the session was open; `ending` of its `copies` is counted once bytes of the session go by without them. */
export interface Newcomer {
  readonly mapping: Mapping;
  readonly copies: number;
  readonly ending: Ending;
  isCounted: boolean;
}

/** Of lists that are seldom anything else. */
const none: never[] = [];

/** One connection between a real client and the online server, as far as it was captured. All sequence numbers are int32. */
export class Session {
  /** The booleans below. */
  flags = 0;
  readonly id: number;
  readonly client: AddressWords;
  readonly clientPort: number;
  readonly server: AddressWords;
  readonly serverPort: number;
  readonly openedAtMs: number;
  /** The mappings that copy it, and those that would but leave it out. */
  mappings: readonly Mapping[];
  leftOut: readonly Mapping[];
  /** One for each place: the last one that was opened there. */
  copies: Copy[] = none;
  /** Copies that were asked for and not made. */
  absences: readonly Absence[] = none;
  /** Mappings that started while it was open and have no copies of it yet. */
  newcomers: readonly Newcomer[] = none;
  /** Copies may begin with a later byte of the client: of newcomers, or in the place of one that ended. */
  declare isWaiting: boolean;
  /** Copies that still need the client's bytes. */
  liveCopies = 0;
  /** Forgotten; copies of it may go on. */
  declare isEnded: boolean;
  /** Its client opened another connection from the same port. */
  declare isReplaced: boolean;
  /** Not copied at all: known, counted and left alone. */
  declare isSkipped: boolean;
  /** It was too much for the host: no copy of it begins any more. */
  declare isShed: boolean;
  lastSeenMs: number;
  /** `captureDrops` when its stream last grew. */
  dropsAtMove: number;

  // What the client said.
  readonly clientIss: number;
  /** First byte not captured yet. */
  clientNext: number;
  /** Highest acknowledgement by the client: what it saw of the online server. */
  clientAck = 0;
  declare hasClientAck: boolean;
  /** The handshake of a session that is left alone was completed: of those no more is looked at. */
  declare isCompleteAlone: boolean;
  /** Its FIN comes at this number, once `hasFin`; reached when all before it was captured. */
  finSeq = 0;
  declare hasFin: boolean;
  declare isFinReached: boolean;
  /** The client reset the connection, or the online server did. */
  declare isReset: boolean;
  /** The client's reset came at `resetSeq`, ahead of bytes that were not captured yet. */
  declare hasEarlyReset: boolean;
  resetSeq = 0;

  /** Its beginning was not captured. */
  isMet = false;
  /** What its client speaks, the latest turn that was heard for it, and how many plain ones were. */
  speech: Speech = 'unknown';
  isSpeechKnown = false;
  heardTurn = -1;
  turnsHeard = 0;
  /** The client signs its segments (RFC 2385, RFC 5925). */
  isSigned = false;

  // What the client's SYN offered.
  mssBytes = 0;
  declare hasWindowScale: boolean;
  declare hasTimestamps: boolean;

  // What the online server said.
  /** Initial sequence number of the online server, once its SYN+ACK was captured. */
  onlineIss = 0;
  declare hasOnlineIss: boolean;
  onlineAck = 0;
  declare hasOnlineAck: boolean;
  /** Behind all that the online server said, and what it had received when it said the last of it. */
  onlineNext = 0;
  onlineNextAck = 0;
  declare hasOnlineNext: boolean;
  declare isOnlineFinSeen: boolean;
  /** There once a copy held bytes back while the online server spoke. */
  pushes: Pushes | null = null;

  // The client's stream.
  /** Last piece in order, where new ones are appended; valid while `bytesHeld` > 0. */
  tail = NONE;
  bytesHeld = 0;
  /** First of the pieces beyond a gap, in order of their sequence numbers. */
  early = NONE;
  earlyBytes = 0;
  /** The client pushed with the last byte in order: it had nothing more to say just then. */
  declare isPushed: boolean;
  /** The answer to what it said last only asks it to go on (RFC 9110 §10.1.1). */
  declare isContinueExpected: boolean;
  /** The bytes that come now begin a request. */
  declare isRequestStart: boolean;
  /** Ordinal of the turn in which the client speaks now. */
  turn = 0;
  /** The latest turn in which it said bytes; -1 before any. */
  spokenTurn = -1;
  /** What the client had seen of the online server when the turn began. */
  turnAck = 0;
  declare hasTurnAck: boolean;
  /** First byte of the turn, or of what it was continued with in the middle of an answer; once `spokenTurn` is `turn`. */
  turnSeq = 0;
  /** The first number that the online server said when it had received some of this turn, once it has. */
  turnHeardAt = 0;
  declare isTurnHeard: boolean;
  /** Turn in which FIN or reset fell, when, and what the client had seen then. */
  lastTurn = 0;
  lastSaidAtMs = 0;
  lastAck = 0;
  /** When the client's first ACK came, ms of the engine's clock: the zero of its own timing. */
  firstAckAtMs = 0;
  /** Where urgent data end, oldest first; null while the client said none. */
  urgentEnds: number[] | null = null;
  /** Longest piece to cut, payload bytes. */
  pieceBytes = 0;

  // Exchanges and their latency.
  /** When the client's SYN was captured, µs; 0 if not, or if it was said twice. */
  synAtUs = 0;
  /** There while an adapter understands what is said; without, turns are measured. */
  talk: Talk | null = null;
  turnKind = TURNS;
  /** The turn asked last, and when the latest byte of the answer to it was captured, µs; 0 if its latency is not known. */
  exchange: Exchange | null = null;
  answeredAtUs = 0;
  exchangesHeld = 0;
  lastLatencyUs = -1;
  bytesFromClient = 0;
  bytesFromOnline = 0;

  constructor(
    id: number,
    client: AddressWords,
    clientPort: number,
    server: AddressWords,
    serverPort: number,
    iss: number,
    mappings: readonly Mapping[],
    leftOut: readonly Mapping[],
    nowMs: number,
    captureDrops: number,
  ) {
    this.id = id;
    this.client = client;
    this.clientPort = clientPort;
    this.server = server;
    this.serverPort = serverPort;
    this.clientIss = iss;
    this.clientNext = (iss + 1) | 0; // SYN takes one number (RFC 9293 §3.4)
    this.mappings = mappings;
    this.leftOut = leftOut;
    this.openedAtMs = nowMs;
    this.lastSeenMs = nowMs;
    this.dropsAtMove = captureDrops;
    this.isPushed = true;
  }

  addCopy(copy: Copy): void {
    if (this.copies.length === 0)
      this.copies = [copy]; // pushed, it would reserve room for sixteen more, and most have one
    else this.copies.push(copy);
  }

  /** `count` copies that the mapping asks for are not made; what the client says is accounted for all the same. */
  addAbsence(mapping: Mapping, ending: Ending, count: number): void {
    mapping.ledger.copies.writeOff(ending, count);
    const known = this.absences.find((each) => each.mapping === mapping && each.ending === ending);
    if (known === undefined) this.absences = [...this.absences, { mapping, ending, count }];
    else known.count += count;
  }

  /** Its absent copies begin to be made. */
  endAbsence(mapping: Mapping, ending: Ending): void {
    this.absences = this.absences.filter((each) => each.mapping !== mapping || each.ending !== ending);
  }

  /** Every mapping that listens there left it out. */
  get isLeftOut(): boolean {
    return this.mappings.length === 0;
  }
  /** The online server takes part: what it says belongs to this connection and not to an older one. */
  get isAnswered(): boolean {
    return this.hasOnlineIss || this.hasClientAck;
  }
  /** Nothing more will be said on it. */
  get isOver(): boolean {
    return this.isReset || this.isReplaced || (this.isFinReached && this.isOnlineFinSeen);
  }
}

defineBooleans(Session.prototype, [
  'isWaiting',
  'isEnded',
  'isReplaced',
  'isSkipped',
  'isShed',
  'hasClientAck',
  'isCompleteAlone',
  'hasFin',
  'isFinReached',
  'isReset',
  'hasEarlyReset',
  'hasWindowScale',
  'hasTimestamps',
  'hasOnlineIss',
  'hasOnlineAck',
  'hasOnlineNext',
  'isOnlineFinSeen',
  'isPushed',
  'isContinueExpected',
  'isRequestStart',
  'hasTurnAck',
  'isTurnHeard',
]);
