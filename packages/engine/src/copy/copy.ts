import type { AddressWords } from '@parallax/wire';
import { defineBooleans } from '../booleans.ts';
import type { CopyTalk } from '../latency/copy-talk.ts';
import type { Exchange } from '../latency/exchange.ts';
import type { Ending } from '../ledger.ts';
import type { Mapping } from '../mapping.ts';
import { NONE } from '../pieces.ts';
import type { Session } from '../session/session.ts';
import type { Timed } from '../timer-wheel.ts';

/**
 * opening: SYN sent. open: established, data and FIN flow. lingering: both sides finished, late segments are still answered.
 * resetting: RST sent, challenge ACKs are answered. left: the target reset it, what it still says of it is ignored. closed: nothing is sent any more.
 */
export type CopyState = 'opening' | 'open' | 'lingering' | 'resetting' | 'left' | 'closed';

/** Why bytes that were captured have not been sent. */
export type Held =
  | 'handshake with the target'
  | 'waiting for the answer'
  | 'client timing'
  | 'target window'
  | 'congestion window'
  | 'no route to the assistant';

/** How far the target has come with the answer to the turn sent last. */
export const NO_ANSWER = 0;
/** Payload came before all of the turn was acknowledged. */
export const EARLY_ANSWER = 1;
/** Payload came; its last packet had no PSH. */
export const ANSWER_OPEN = 2;
export const ANSWERED = 3;

/** One mirrored connection: a small TCP sender (RFC 9293) that says to the target what the client said. Sequence numbers are int32, the client's own. */
export class Copy implements Timed {
  /** The booleans below. */
  flags = 0;
  readonly session: Session;
  readonly mapping: Mapping;
  /** 0 is the copy at the client's own port where that was free. */
  readonly index: number;
  source: AddressWords;
  sourcePort: number;
  readonly target: AddressWords;
  readonly targetPort: number;
  /** The pair is not the client's own: it may be given up for another while the connection is not open. */
  declare isLeased: boolean;
  /** Its SYN's number: the client's own, or one before the byte of the client that it begins with. */
  readonly iss: number;
  /** Begins in the middle of the session. */
  readonly isLate: boolean;
  /** What the client had seen of the online server before the first byte of a late copy. */
  readonly seenAtStart: number;
  /** When its first byte was said and when it was opened, ms of the engine's clock. */
  readonly saidAtMs: number;
  readonly beganAtMs: number;
  /** Copies in its place right before it that came to nothing. */
  readonly failures: number;
  /** The target answered something it said. */
  declare hasBeenAnswered: boolean;
  state: CopyState = 'opening';
  ending: Ending | null = null;

  // Send side (RFC 9293 §3.3.1).
  sendUnacked: number;
  sendNext: number;
  /** Highest number ever sent; ahead of `sendNext` while resending. */
  sendMax: number;
  sendWindowBytes = 0;
  windowSeq = 0;
  windowAck = 0;
  /** Shift of the target's windows; 0 when not negotiated. */
  sendScale = 0;
  mssBytes = 536;
  /** It was cut because nothing longer seems to arrive, and nothing was acknowledged since. */
  declare isCut: boolean;
  congestionWindowBytes = 0;
  slowStartBytes = 0x3fffffff;
  duplicateAcks = 0;
  declare isRecovering: boolean;
  recoverSeq = 0;
  /** Piece that holds `sendUnacked`, and the one that holds `sendNext`. */
  headPiece = NONE;
  nextPiece = NONE;
  declare isFinSent: boolean;
  declare isFinAcked: boolean;

  // Receive side: the target's bytes are acknowledged and forgotten.
  receiveNext = 0;
  /** The target's initial sequence number. */
  targetIss = 0;
  ackedUpTo = 0;
  declare isTargetFinSeen: boolean;
  /** It closed before it had our FIN, so it is the one that keeps the connection in TIME_WAIT (RFC 9293 §3.6). */
  declare isTargetFirst: boolean;
  /** Both sides finished in order, and the target keeps it. */
  declare leavesTimeWait: boolean;
  /** Its SYN offered them; what the target then answers is what was agreed. */
  declare hasOfferedTimestamps: boolean;
  declare hasOfferedScale: boolean;
  declare hasTimestamps: boolean;
  /** The target's latest TSval, to be echoed. */
  tsRecent = 0;

  // Turns.
  turn: number;
  answer = NO_ANSWER;
  held: Held | null = null;
  /** -1 before the handshake is through. */
  openedAtMs = -1;
  /** When the target last acknowledged something new or said something. */
  progressAtMs: number;
  declare hasUnanswered: boolean;
  /** Since the target spoke last, there was a moment at which both servers had said the same number of bytes. */
  declare hasMetOnline: boolean;
  /** Bytes of the current turn have been sent. */
  declare turnHasBytes: boolean;
  /** Where it begins. */
  turnSeq: number;
  /** The latest turn that was begun; ahead of `turn` while resending. */
  lastTurn: number;
  /** Turns asked of this copy that have not ended. */
  exchangesOpen = 0;

  // Round trip (RFC 6298).
  srttMs = 0;
  rttVarMs = 0;
  rtoMs: number;
  declare isTiming: boolean;
  timedSeq = 0;
  timedAtMs = 0;
  retries = 0;
  /** How often an older connection of its address and port was reset at the target. */
  othersReset = 0;
  /** Packets that the kernel would not send since the target last showed progress. */
  sendFailures = 0;

  // Deadlines in whole ms; 0 for none.
  deadlineMs = 0;
  wheelAtMs = -1;
  resendAtMs = 0;
  /** A time-out that waits for what the assistant may have captured: when it was due, and the deadline it got instead. */
  resendDueAtMs = 0;
  resendLaterAtMs = 0;
  /** When the tail of what is on its way is probed, and when it was to be before that was put off in the same way. */
  probeAtMs = 0;
  probeDueAtMs = 0;
  /** It was, and nothing was acknowledged since. */
  isProbed = false;
  ackAtMs = 0;
  quietAtMs = 0;
  holdAtMs = 0;
  paceAtMs = 0;
  persistAtMs = 0;
  lingerAtMs = 0;
  persistCount = 0;

  // The exchange on the target's side.
  /** When the last byte of the request (or the SYN) left: µs since 1970 by the kernel where it can be seen, and on the engine's clock. */
  sentAtUs = 0;
  sentAtMs = 0;
  /** Some of it was sent twice: the time to its answer says nothing about the server. */
  declare isResent: boolean;
  declare isAwaitingStamp: boolean;
  declare isAwaitingTarget: boolean;
  declare isSynTimed: boolean;
  declare isAckDue: boolean;
  /** There while an adapter understands what is said; without, turns are measured. */
  talk: CopyTalk | null = null;
  /** The oldest turn that the target has not answered. */
  exchange: Exchange | null = null;
  /** When the latest byte of the answer to a turn was captured, and what the turn's latency counts from, µs of the assistant's clock; 0 if not known. */
  answeredAtUs = 0;
  answerFromUs = 0;
  lastLatencyUs = -1;
  /** Client bytes captured since this copy began, and those of them acknowledged. */
  bytesAsked = 0;
  bytesDelivered = 0;

  constructor(
    session: Session,
    mapping: Mapping,
    index: number,
    source: AddressWords,
    sourcePort: number,
    rtoInitialMs: number,
    nowMs: number,
    late: LateStart | null = null,
  ) {
    this.session = session;
    this.mapping = mapping;
    this.index = index;
    this.source = source;
    this.sourcePort = sourcePort;
    this.target = mapping.target;
    this.targetPort = mapping.targetPortOf(session.serverPort);
    this.isLate = late !== null;
    this.iss = late === null ? session.clientIss : (late.seq - 1) | 0;
    this.seenAtStart = late?.seenAck ?? 0;
    this.turn = this.lastTurn = late?.turn ?? 0;
    this.saidAtMs = late?.saidAtMs ?? nowMs;
    this.beganAtMs = nowMs;
    this.failures = late?.failures ?? 0;
    this.sendUnacked = this.sendNext = this.sendMax = this.turnSeq = this.iss;
    this.rtoMs = rtoInitialMs;
    this.progressAtMs = nowMs;
    this.isSynTimed = true;
  }
}

defineBooleans(Copy.prototype, [
  'isLeased',
  'isCut',
  'hasBeenAnswered',
  'isRecovering',
  'isFinSent',
  'isFinAcked',
  'isTargetFinSeen',
  'isTargetFirst',
  'leavesTimeWait',
  'hasOfferedTimestamps',
  'hasOfferedScale',
  'hasTimestamps',
  'hasUnanswered',
  'hasMetOnline',
  'turnHasBytes',
  'isTiming',
  'isResent',
  'isAwaitingStamp',
  'isAwaitingTarget',
  'isSynTimed',
  'isAckDue',
]);

/** Where in the session a late copy begins. */
export interface LateStart {
  /** The first byte that it says, and the turn of it. */
  seq: number;
  turn: number;
  /** What the client had seen of the online server by then. */
  seenAck: number;
  saidAtMs: number;
  failures: number;
}

/** Has its SYN left at least once? */
export const isSynSent = (copy: Copy): boolean => copy.sendMax !== copy.iss;

/** The earliest of the copy's deadlines becomes the one the wheel sees. */
export function updateDeadline(copy: Copy): void {
  let earliest = copy.resendAtMs;
  if (copy.probeAtMs !== 0 && (earliest === 0 || copy.probeAtMs < earliest)) earliest = copy.probeAtMs;
  if (copy.ackAtMs !== 0 && (earliest === 0 || copy.ackAtMs < earliest)) earliest = copy.ackAtMs;
  if (copy.quietAtMs !== 0 && (earliest === 0 || copy.quietAtMs < earliest)) earliest = copy.quietAtMs;
  if (copy.holdAtMs !== 0 && (earliest === 0 || copy.holdAtMs < earliest)) earliest = copy.holdAtMs;
  if (copy.paceAtMs !== 0 && (earliest === 0 || copy.paceAtMs < earliest)) earliest = copy.paceAtMs;
  if (copy.persistAtMs !== 0 && (earliest === 0 || copy.persistAtMs < earliest)) earliest = copy.persistAtMs;
  if (copy.lingerAtMs !== 0 && (earliest === 0 || copy.lingerAtMs < earliest)) earliest = copy.lingerAtMs;
  copy.deadlineMs = earliest;
}
