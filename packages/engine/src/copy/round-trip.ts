// Retransmission time-out (RFC 6298).
import type { Limits } from '../limits.ts';
import type { Copy } from './copy.ts';

/** A segment sent once was acknowledged after `rttMs`. */
export function onRoundTrip(copy: Copy, rttMs: number, limits: Limits): void {
  if (copy.srttMs === 0) {
    copy.srttMs = Math.max(rttMs, 0.1);
    copy.rttVarMs = rttMs / 2;
  } else {
    copy.rttVarMs += (Math.abs(copy.srttMs - rttMs) - copy.rttVarMs) / 4;
    copy.srttMs += (rttMs - copy.srttMs) / 8;
  }
  copy.rtoMs = clampRto(copy.srttMs + 4 * copy.rttVarMs, limits);
}

/** Something new was acknowledged: the path works, so the next loss is not waited for as long as the last (without it, a resent stretch, which measures nothing, would keep the back-off). */
export function undoBackOff(copy: Copy, limits: Limits): void {
  copy.rtoMs = copy.srttMs === 0 ? limits.rtoInitialMs : clampRto(copy.srttMs + 4 * copy.rttVarMs, limits);
}

/** Back off after a time-out (RFC 6298 §5.5). */
export function backOff(copy: Copy, limits: Limits): void {
  copy.rtoMs = clampRto(copy.rtoMs * 2, limits);
}

const clampRto = (rtoMs: number, limits: Limits) => Math.ceil(Math.min(Math.max(rtoMs, limits.rtoMinMs), limits.rtoMaxMs));
