// Tail loss probe (RFC 8985 §7): when the last segments of a flight are lost, nothing behind them tells, and a time-out takes long.
import { seqDiff } from '@parallax/wire';
import { NONE } from '../pieces.ts';
import type { Work } from '../work.ts';
import type { Copy } from './copy.ts';
import { resendHead } from './send.ts';
import { lookAgainAtMs } from './silence.ts';

/**
 * The flight has grown, or some of it was acknowledged: probe it if nothing else comes for two round trips (§7.2). Not while recovering, not twice
 * in a row, and not one segment alone, whose acknowledgement may be delayed for as long as a time-out takes.
 */
export function armProbe(work: Work, copy: Copy): void {
  const { limits, nowMs, pieces } = work;
  const isAlone = copy.headPiece === NONE || seqDiff(copy.sendMax, pieces.endSeq(copy.headPiece)) <= 0;
  if (isAlone || copy.isProbed || copy.isRecovering || copy.retries > 0 || copy.srttMs === 0) {
    copy.probeAtMs = 0;
    return;
  }
  copy.probeDueAtMs = nowMs + Math.ceil(Math.max(2 * copy.srttMs, limits.probeLeastMs));
  copy.probeAtMs = copy.probeDueAtMs < copy.resendAtMs ? copy.probeDueAtMs : 0;
}

/**
 * Two round trips and no word. A copy has no SACK that would tell what arrived of the last segment, which the RFC sends again; the first one that is not
 * acknowledged is what an acknowledgement can confirm.
 */
export function onProbeTimeout(work: Work, copy: Copy): void {
  const { nowMs } = work;
  copy.probeAtMs = 0;
  if (!copy.mapping.isRelayUp || copy.sendUnacked === copy.sendMax || copy.isRecovering) return;
  copy.probeAtMs = lookAgainAtMs(work, copy, copy.probeDueAtMs);
  if (copy.probeAtMs !== 0) return;
  copy.isProbed = true;
  copy.mapping.tailProbes++;
  resendHead(work, copy);
  copy.resendAtMs = nowMs + copy.rtoMs;
}

/** The probe was acknowledged: without DSACK nobody can tell that nothing was lost, so congestion control answers as to a loss (§7.4.2). */
export function onProbeAcknowledged(copy: Copy): void {
  copy.isProbed = false;
  copy.slowStartBytes = Math.max(seqDiff(copy.sendMax, copy.sendUnacked) >> 1, 2 * copy.mssBytes);
  copy.congestionWindowBytes = Math.min(copy.congestionWindowBytes, copy.slowStartBytes);
}
