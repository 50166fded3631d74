// One end of a TCP connection of the model: simple, but honest (RFC 9293, RFC 5961), and written without the engine's code.
import type { AddressWords } from '@parallax/wire';
import { Bytes } from './bytes.ts';
import type { Packet } from './packet.ts';
import type { Schedule } from './schedule.ts';

export type PeerState = 'synSent' | 'synReceived' | 'established' | 'timeWait' | 'closed';

/** How a host's TCP behaves. */
export interface PeerOptions {
  mssBytes: number;
  /** -1 leaves the option out. */
  windowScale: number;
  hasTimestamps: boolean;
  receiveBytes: number;
  delayedAckMs: number;
  clockBaseMs: number;
  /** 0 for none. */
  keepAliveMs: number;
  /** Keep-alives and window probes carry one byte of garbage, as very old stacks do (RFC 1122 §4.2.3.6). */
  isProbingWithGarbage: boolean;
  /** No reset ends a connection in TIME-WAIT (RFC 1337). */
  keepsTimeWait: boolean;
  rtoMinMs: number;
}

/** What the peer's owner does with it. */
export interface PeerEvents {
  onOpen(peer: Peer): void;
  /** In-order bytes [from, from + bytes.length) of the other side's stream were accepted. */
  onAccepted(peer: Peer, from: number, bytes: Uint8Array): void;
  /** Something is there to be read, or the other side's FIN has come. */
  onReadable(peer: Peer): void;
  onClosed(peer: Peer, wasReset: boolean): void;
}

export interface Wire {
  readonly schedule: Schedule;
  send(packet: Packet): void;
}

/** Bytes that came ahead of their turn, by offset in the stream. */
export type Ahead = { from: number; bytes: Uint8Array };

export class Peer {
  readonly wire: Wire;
  readonly options: PeerOptions;
  readonly events: PeerEvents;
  readonly address: AddressWords;
  readonly port: number;
  readonly remote: AddressWords;
  readonly remotePort: number;
  state: PeerState = 'closed';

  // Send side; numbers are offsets in the stream, the SYN at -1.
  readonly iss: number;
  readonly sent = new Bytes();
  una = -1;
  next = -1;
  max = -1;
  windowBytes = 0;
  windowSeq = 0;
  windowAck = 0;
  sendScale = 0;
  mssBytes = 536;
  congestionBytes = 0;
  duplicateAcks = 0;
  recoverAt = -1;
  isFinQueued = false;
  finAcked = false;

  // Receive side.
  irs = 0;
  readonly received = new Bytes();
  ahead: Ahead[] = [];
  readBytes = 0;
  finAt = -1;
  isFinReceived = false;
  /** The other side closed first: after its acknowledgement of our FIN nothing is left (LAST-ACK), and it is the one to keep the connection in mind. */
  isPassive = false;
  receiveScale = 0;
  /** Highest offset that was ever offered. */
  rightEdge = 0;
  /** The same as the other side may have understood it: cut to the field and to whole units of the scale. */
  offeredEdge = 0;
  lastAckSent = 0;
  hasTimestamps = false;
  tsRecent = 0;
  /** The application has closed both ways: what comes now is answered with a reset. */
  isOrphan = false;
  lastChallengeUs = Number.NEGATIVE_INFINITY;

  // Timers: µs, 0 for none.
  readonly timers = { resend: 0, ack: 0, persist: 0, keepAlive: 0, timeWait: 0 };
  rtoMs: number;
  retries = 0;
  unansweredKeepAlives = 0;
  srttMs = 0;
  timedAt = -1;
  timedUs = 0;

  constructor(
    wire: Wire,
    options: PeerOptions,
    events: PeerEvents,
    ends: { address: AddressWords; port: number; remote: AddressWords; remotePort: number },
    iss: number,
  ) {
    this.wire = wire;
    this.options = options;
    this.events = events;
    this.address = ends.address;
    this.port = ends.port;
    this.remote = ends.remote;
    this.remotePort = ends.remotePort;
    this.iss = iss;
    this.rtoMs = 1000;
  }

  get isOpen(): boolean {
    return this.state === 'established';
  }
  /** Sequence number of the stream's offset. */
  seqOf(offset: number): number {
    return (this.iss + 1 + offset) | 0;
  }
  /** Next number expected of the other side. */
  get receiveNext(): number {
    return (this.irs + 1 + this.received.length + (this.isFinReceived ? 1 : 0)) | 0;
  }
  get unreadBytes(): number {
    return this.received.length - this.readBytes;
  }
  /** FIN's offset is the stream's length. */
  get endOffset(): number {
    return this.sent.length + (this.isFinQueued ? 1 : 0);
  }
}
