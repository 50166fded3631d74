import type { AddressWords } from '@parallax/wire';
import type { Copy } from '../copy/copy.ts';
import type { Ending } from '../ledger.ts';
import type { Mapping } from '../mapping.ts';
import { NONE } from '../pieces.ts';

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

/** One connection between a real client and the online server, as far as it was captured. All sequence numbers are int32. */
export class Session {
  readonly id: number;
  readonly client: AddressWords;
  readonly clientPort: number;
  readonly server: AddressWords;
  readonly serverPort: number;
  readonly openedAtMs: number;
  /** The mappings that copy it, and those that would but leave it out. */
  readonly mappings: Mapping[];
  readonly leftOut: Mapping[];
  /** One for each place: the last one that was opened there. */
  readonly copies: Copy[] = [];
  /** Copies that were asked for and not made. */
  absences: Absence[] = [];
  /** Mappings that started while it was open and have no copies of it yet. */
  newcomers: Newcomer[] = [];
  /** Copies may begin with a later byte of the client: of newcomers, or in the place of one that ended. */
  isWaiting = false;
  /** Copies that still need the client's bytes. */
  liveCopies = 0;
  /** Forgotten; late packets are still recognised until then. */
  isEnded = false;
  endedAtMs = 0;
  /** Its client opened another connection from the same port. */
  isReplaced = false;
  /** Not copied at all: known, counted and left alone. */
  isSkipped = false;
  lastSeenMs: number;
  /** `captureDrops` when its stream last grew. */
  dropsAtMove: number;

  // What the client said.
  readonly clientIss: number;
  /** First byte not captured yet. */
  clientNext: number;
  /** Highest acknowledgement by the client: what it saw of the online server. */
  clientAck = 0;
  hasClientAck = false;
  /** Its FIN comes at this number, once `hasFin`; reached when all before it was captured. */
  finSeq = 0;
  hasFin = false;
  isFinReached = false;
  /** The client reset the connection, or the online server did. */
  isReset = false;
  /** The client's reset came at `resetSeq`, ahead of bytes that were not captured yet. */
  hasEarlyReset = false;
  resetSeq = 0;

  // What the client's SYN offered.
  mssBytes = 0;
  hasWindowScale = false;
  hasTimestamps = false;

  // What the online server said.
  /** Initial sequence number of the online server, once its SYN+ACK was captured. */
  onlineIss = 0;
  hasOnlineIss = false;
  onlineAck = 0;
  hasOnlineAck = false;
  /** Behind all that the online server said, and what it had received when it said the last of it. */
  onlineNext = 0;
  onlineNextAck = 0;
  hasOnlineNext = false;
  isOnlineFinSeen = false;

  // The client's stream.
  /** Last piece in order, where new ones are appended; valid while `bytesHeld` > 0. */
  tail = NONE;
  bytesHeld = 0;
  /** First of the pieces beyond a gap, in order of their sequence numbers. */
  early = NONE;
  earlyBytes = 0;
  /** The client pushed with the last byte in order: it had nothing more to say just then. */
  isPushed = true;
  /** The answer to what it said last only asks it to go on (RFC 9110 §10.1.1). */
  isContinueExpected = false;
  /** The bytes that come now begin a request. */
  isRequestStart = false;
  /** Ordinal of the turn in which the client speaks now. */
  turn = 0;
  /** The latest turn in which it said bytes; -1 before any. */
  spokenTurn = -1;
  /** What the client had seen of the online server when the turn began. */
  turnAck = 0;
  hasTurnAck = false;
  /** Turn in which FIN or reset fell, when, and what the client had seen then. */
  lastTurn = 0;
  lastSaidAtMs = 0;
  lastAck = 0;
  /** When the client's first ACK came, ms of the engine's clock: the zero of its own timing. */
  firstAckAtMs = 0;
  /** Longest piece to cut, payload bytes. */
  pieceBytes = 0;

  // The exchange on the online side.
  requestAtUs = 0;
  requestAtMs = 0;
  isAwaitingOnline = false;
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
    mappings: Mapping[],
    leftOut: Mapping[],
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
  }

  /** `count` copies that the mapping asks for are not made; what the client says is accounted for all the same. */
  addAbsence(mapping: Mapping, ending: Ending, count: number): void {
    mapping.ledger.copies.writeOff(ending, count);
    const known = this.absences.find((each) => each.mapping === mapping && each.ending === ending);
    if (known === undefined) this.absences.push({ mapping, ending, count });
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
