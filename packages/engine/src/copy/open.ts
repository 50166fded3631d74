// A copy begins.
import { beginCopyTalk } from '../latency/parsed.ts';
import type { Mapping } from '../mapping.ts';
import type { Session } from '../session/session.ts';
import type { Work } from '../work.ts';
import { Copy, type LateStart } from './copy.ts';
import { sendSyn } from './send.ts';

/** A copy of the session, from its beginning or from later on. Null, and not counted, when no source port is free. */
export function openCopy(work: Work, session: Session, mapping: Mapping, index: number, late: LateStart | null): Copy | null {
  const pair = work.findPair(session, mapping, index === 0);
  if (pair === null) return null;
  mapping.ledger.copies.asked++;
  const copy = new Copy(session, mapping, index, pair.source, pair.port, work.limits.rtoInitialMs, work.nowMs, late);
  beginCopyTalk(copy);
  copy.isLeased = pair.source !== session.client || pair.port !== session.clientPort;
  session.liveCopies++;
  mapping.copiesOpen++;
  work.knowCopy(copy);
  if (mapping.isRelayUp) sendSyn(work, copy);
  else copy.held = 'no route to the assistant';
  return copy;
}
