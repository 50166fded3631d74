// Segments of full size that never arrive, while nobody can be told: an error that names the path's MTU goes to the client's address (RFC 2923 §2.1, RFC 4821 §7.7).
import { seqDiff } from '@parallax/wire';
import { NONE } from '../pieces.ts';
import type { Work } from '../work.ts';
import type { Copy } from './copy.ts';
import { undoBackOff } from './round-trip.ts';

/** After so many time-outs the length is no longer in question, and waiting longer and longer begins anew. */
export const TRIES_TO_CUT = 5;
/** So many time-outs in a row for the same segment, and it is cut: to what every IPv6 path carries (RFC 8200 §5, RFC 8899 §5.1.2), then to what every IPv4 host takes (RFC 791 §3.1). */
const CUTS = [
  { retries: 3, mtuBytes: 1280, mtu6Bytes: 1280 },
  { retries: TRIES_TO_CUT, mtuBytes: 576, mtu6Bytes: 1280 },
];
const isV4 = ({ target }: Copy): boolean => target[2] === 0xffff && target[0] === 0;
const optionBytes = (copy: Copy): number => (copy.hasTimestamps ? 12 : 0);

/** A segment was not acknowledged in time: what another copy found the path to carry holds for it at once, else time-outs in a row tell. */
export function cutAfterTimeout(work: Work, copy: Copy): void {
  if (copy.headPiece === NONE) return;
  const cut = CUTS.find(({ retries }) => retries === copy.retries);
  const fits = cut === undefined ? Number.POSITIVE_INFINITY : isV4(copy) ? cut.mtuBytes - 40 : cut.mtu6Bytes - 60;
  const fitBytes = Math.min(fits, copy.mapping.pathMssBytes(work.nowMs)) - optionBytes(copy);
  const headBytes = Math.min(seqDiff(work.pieces.endSeq(copy.headPiece), copy.sendUnacked), copy.mssBytes);
  if (headBytes <= fitBytes) return; // it is no longer than that, and lost for another reason
  copy.mssBytes = fitBytes;
  copy.isCut = true;
  undoBackOff(copy, work.limits); // the length was to blame, not a path that is busy
}

/** What was cut is acknowledged: other copies need not find out by themselves. */
export function onCutAcknowledged(work: Work, copy: Copy): void {
  copy.isCut = false;
  copy.mapping.setPathMss(copy.mssBytes + optionBytes(copy), work.nowMs);
}
