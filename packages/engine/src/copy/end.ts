// How a copy ends: its account is closed once, its pieces are released, its port is kept until late segments are gone.
import { seqDiff } from '@parallax/wire';
import { inheritExchanges, releaseExchanges } from '../latency/parsed.ts';
import { finishTargetTurn } from '../latency/turns.ts';
import type { Ending } from '../ledger.ts';
import { NONE } from '../pieces.ts';
import type { Work } from '../work.ts';
import { ANSWER_OPEN, type Copy, isSynSent, updateDeadline } from './copy.ts';
import { emitProbe, emitReset, mayReset } from './emit.ts';
import { settleExchanges } from './exchanges.ts';
import { openCopy } from './open.ts';
import { failuresUpTo, firstPieceToHandOver, hasPlaceToFill } from './reopen.ts';
import { sendWhatMay } from './send.ts';

/** Is it still to carry the client's bytes? */
export const isLive = (copy: Copy): boolean => copy.state === 'opening' || copy.state === 'open';

/** Let go of the head piece; true when that freed it. */
export function releaseHead(work: Work, copy: Copy): void {
  const { session } = copy;
  const piece = copy.headPiece;
  const lengthBytes = work.pieces.lengthBytes[piece]!;
  const isLast = work.pieces.references[piece] === 1;
  if (isLast) {
    session.bytesHeld -= lengthBytes;
    if (session.tail === piece) session.tail = NONE;
  }
  copy.headPiece = work.pieces.release(piece);
}

/** Its account is closed, but for what a successor may take over, which is returned and stays in its pieces: `handOver` must follow. */
function settle(work: Work, copy: Copy, ending: Ending): Heritage | null {
  const { ledger } = copy.mapping;
  copy.ending = ending;
  ledger.copies.ended[ending]++;
  const left = takeHeritage(work, copy);
  ledger.bytes.ended[ending] += copy.bytesAsked - copy.bytesDelivered;
  settleExchanges(copy, copy.session.turn, ending);
  finishTargetTurn(work, copy);
  if (left === null) releaseExchanges(work, copy);
  copy.mapping.copiesOpen--;
  while (copy.headPiece !== (left?.piece ?? NONE)) releaseHead(work, copy);
  copy.nextPiece = NONE;
  copy.held = null;
  copy.resendAtMs = copy.probeAtMs = copy.ackAtMs = copy.quietAtMs = copy.holdAtMs = copy.paceAtMs = copy.persistAtMs = 0;
  copy.isAckDue = false;
  copy.session.liveCopies--;
  copy.session.isWaiting ||= hasPlaceToFill(copy);
  return left;
}

/** Requests that waited in a copy when its target left. */
interface Heritage {
  piece: number;
  bytes: number;
  exchanges: number;
}

function takeHeritage(work: Work, copy: Copy): Heritage | null {
  const { session } = copy;
  const { pieces } = work;
  const piece = firstPieceToHandOver(work, copy);
  if (piece === NONE) return null;
  const bytes = seqDiff(session.clientNext, pieces.seq[piece]!);
  const exchanges = session.spokenTurn - pieces.turn[piece]! + pieces.begins[piece]!; // of a turn that was begun the rest is no exchange
  copy.bytesAsked -= bytes;
  copy.exchangesOpen -= exchanges;
  return { piece, bytes, exchanges };
}

/** A new copy says what was waiting in this one. */
function handOver(work: Work, copy: Copy, { piece, bytes, exchanges }: Heritage): void {
  const { session, mapping } = copy;
  const { pieces } = work;
  const start = {
    seq: pieces.seq[piece]!,
    turn: pieces.turn[piece]!,
    seenAck: pieces.clientAck[piece]!,
    saidAtMs: pieces.saidAtMs[piece]!,
    failures: failuresUpTo(copy),
  };
  const heir = openCopy(work, session, mapping, copy.index, start);
  if (heir === null) {
    releaseExchanges(work, copy);
    mapping.ledger.copies.writeOff('noPortFree', 1);
    mapping.ledger.exchanges.ended.noPortFree += exchanges;
    mapping.ledger.bytes.ended.noPortFree += bytes;
    while (copy.headPiece !== NONE) releaseHead(work, copy);
    return;
  }
  session.copies[session.copies.indexOf(copy)] = heir;
  inheritExchanges(work, copy, heir, start.seq, pieces.begins[piece] === 1);
  copy.headPiece = NONE;
  heir.headPiece = heir.nextPiece = piece;
  heir.bytesAsked = bytes;
  heir.exchangesOpen = exchanges;
  sendWhatMay(work, heir);
}

function close(work: Work, copy: Copy): void {
  copy.state = 'closed';
  copy.deadlineMs = copy.lingerAtMs = 0;
  work.forgetCopy(copy);
}

function leave(work: Work, copy: Copy, left: Heritage | null): void {
  if (left !== null) handOver(work, copy, left);
  forgetIfDone(work, copy);
}

function linger(work: Work, copy: Copy, state: 'lingering' | 'resetting' | 'left', forMs: number): void {
  copy.state = state;
  copy.lingerAtMs = work.nowMs + forMs;
  updateDeadline(copy);
  work.wheel.arm(copy);
}

function forgetIfDone(work: Work, copy: Copy): void {
  const { session } = copy;
  if (session.liveCopies === 0 && session.isOver) work.forgetSession(session);
}

/** The target reset it. More of its resets may be on their way, which nobody could tell from resets of another copy at the same port. */
export function endLeft(work: Work, copy: Copy, ending: Ending): void {
  if (!isLive(copy)) return;
  const left = settle(work, copy, ending);
  linger(work, copy, 'left', work.limits.lingerMs);
  leave(work, copy, left);
}

/** Both sides finished, or the target refused: nothing to undo there. */
export function endQuietly(work: Work, copy: Copy, ending: Ending): void {
  if (!isLive(copy)) return;
  const left = settle(work, copy, ending);
  close(work, copy);
  leave(work, copy, left);
}

/** Both sides finished: late segments of the target are still acknowledged for a moment (a small TIME_WAIT, RFC 9293 §3.6). */
export function endLingering(work: Work, copy: Copy, ending: Ending): void {
  if (!isLive(copy)) return;
  const left = settle(work, copy, ending);
  copy.leavesTimeWait = copy.isTargetFirst;
  linger(work, copy, 'lingering', work.limits.lingerMs);
  leave(work, copy, left);
}

/** Take the connection down at the target. Said again, in case one is lost; challenge ACKs are answered in between (RFC 5961 §3.2). */
export function endWithReset(work: Work, copy: Copy, ending: Ending): void {
  if (!isLive(copy)) return;
  const left = settle(work, copy, ending);
  if (isSynSent(copy)) {
    copy.retries = 0;
    linger(work, copy, 'resetting', sayReset(work, copy) ? RESET_AGAIN_MS[0]! : RESET_HELD_MS);
  } else close(work, copy);
  leave(work, copy, left);
}

/** Behind Linux's limit of one challenge ACK in 500 ms there must be another try. */
const RESET_AGAIN_MS = [60, 640, 1300];
/** One that the rate limit held is tried again after this. */
const RESET_HELD_MS = 100;

/** False if the rate limit held it. */
function sayReset(work: Work, copy: Copy): boolean {
  if (!mayReset(work, copy)) return false;
  if (copy.openedAtMs < 0) emitReset(work, copy, (copy.iss + 1) | 0);
  else {
    emitReset(work, copy, copy.sendMax);
    if (copy.sendUnacked === copy.sendMax) return true;
    emitReset(work, copy, copy.sendUnacked);
    if (copy.retries > 0) emitProbe(work, copy); // neither number may be the right one: ask for it
  }
  return true;
}

/** The linger time of a finished copy is over. */
export function onLingerEnd(work: Work, copy: Copy): void {
  if (copy.state === 'resetting' && copy.retries < RESET_AGAIN_MS.length) {
    copy.retries++;
    if (!sayReset(work, copy)) {
      copy.retries--;
      return linger(work, copy, 'resetting', RESET_HELD_MS);
    }
    linger(work, copy, 'resetting', RESET_AGAIN_MS[copy.retries] ?? work.limits.lingerMs);
  } else close(work, copy);
}

/** Confirmed by the target: the connection is gone there. */
export function onResetConfirmed(work: Work, copy: Copy): void {
  close(work, copy);
}

/** All the client's bytes are with the target: was every turn answered? */
export const deliveredEnding = (copy: Copy): Ending =>
  copy.hasUnanswered || copy.exchangesOpen > 0 || (copy.turnHasBytes && copy.answer < ANSWER_OPEN) ? 'deliveredUnanswered' : 'delivered';

/** The target was silent for too long; nothing else can be expected of it where most of what it should hear never left this host. */
export const silentEnding = (copy: Copy): Ending => (copy.sendFailures * 2 > copy.retries ? 'sendFailed' : 'timedOut');
