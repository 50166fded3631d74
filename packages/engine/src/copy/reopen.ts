// What comes after a copy that ended before its session.
import { seqDiff } from '@parallax/wire';
import type { Ending } from '../ledger.ts';
import type { Limits } from '../limits.ts';
import { NONE } from '../pieces.ts';
import type { Work } from '../work.ts';
import type { Copy } from './copy.ts';

const endsBeforeItsSession: ReadonlySet<Ending> = new Set([
  'unfillableGap',
  'captureDrop',
  'refusedByTarget',
  'resetByTarget',
  'closedEarlyByTarget',
  'timedOut',
  'overLimit',
  'sendFailed',
  'stopped', // because its mapping leads elsewhere now
]);

/** Another copy may take the place of this one, which has ended. */
export const hasPlaceToFill = ({ mapping, ending }: Copy): boolean =>
  ending !== null && endsBeforeItsSession.has(ending) && mapping.midStream !== 'skip' && !mapping.isStopping;

const cameToSomething = ({ hasBeenAnswered, ending }: Copy): boolean => hasBeenAnswered && ending !== 'overLimit';

/** Copies in one place that came to nothing in a row, this one included. */
export const failuresUpTo = (copy: Copy): number => (cameToSomething(copy) ? 0 : copy.failures + 1);

/** A target that refuses, or closes before it answered anything, is asked again at 250, 500, 1000, 1000… ms at the earliest. */
export const mayReopenAtMs = (copy: Copy, limits: Limits): number =>
  cameToSomething(copy) ? 0 : copy.beganAtMs + Math.min(limits.reopenMs * 2 ** copy.failures, limits.reopenMostMs);

/**
 * The first piece that a successor may begin with, if the target left while requests were waiting for it: they were never said to it.
 * NONE if there is none, or if the successor must wait.
 */
export function firstPieceToHandOver(work: Work, copy: Copy): number {
  const { mapping, ending } = copy;
  if ((ending !== 'resetByTarget' && ending !== 'closedEarlyByTarget') || !hasPlaceToFill(copy) || !mapping.isRelayUp) return NONE;
  if (work.nowMs < mayReopenAtMs(copy, work.limits)) return NONE;
  const { pieces } = work;
  const isAnyPieceRight = mapping.midStream === 'immediate';
  let piece = copy.nextPiece;
  while (piece !== NONE && (seqDiff(pieces.seq[piece]!, copy.sendMax) < 0 || (pieces.begins[piece] === 0 && !isAnyPieceRight))) piece = pieces.next[piece]!;
  return piece;
}
