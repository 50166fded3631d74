// Copies that begin in the middle of a session: of mappings that started while it was open, and in the place of copies that ended before it did.
import type { Copy, LateStart } from '../copy/copy.ts';
import { endWithReset, isLive } from '../copy/end.ts';
import { openCopy } from '../copy/open.ts';
import { failuresUpTo, hasPlaceToFill, mayReopenAtMs } from '../copy/reopen.ts';
import type { Mapping } from '../mapping.ts';
import { NONE } from '../pieces.ts';
import type { Work } from '../work.ts';
import type { Newcomer, Session } from './session.ts';
import { startTurnIfAnswered } from './stream.ts';

/** New bytes of the client come next, of a segment that acknowledges `ack`: every copy that is missing begins with them if its mapping's policy says so. */
export function openLateCopies(work: Work, session: Session, ack: number): void {
  if (session.isFinReached || session.isReset || session.isOnlineFinSeen) return;
  startTurnIfAnswered(session, ack);
  session.isWaiting = false;
  for (let place = 0; place < session.copies.length; place++) replaceCopy(work, session, place, ack);
  if (session.newcomers.length > 0) session.newcomers = session.newcomers.filter((newcomer) => !admit(work, session, newcomer, ack));
  session.isWaiting ||= session.newcomers.length > 0;
}

const mayBegin = ({ isShedding }: Work, mapping: Mapping, { server, serverPort, isRequestStart, isShed }: Session): boolean => {
  if (isShedding || isShed) return false;
  const { isRelayUp, midStream } = mapping;
  if (!isRelayUp || (midStream !== 'immediate' && !(midStream === 'boundary' && isRequestStart))) return false;
  return mapping.listensOn(server, serverPort); // its configuration may have changed
};

const startOf = (work: Work, session: Session, seenAck: number, failures: number): LateStart => ({
  seq: session.clientNext,
  turn: session.turn,
  seenAck,
  saidAtMs: work.nowMs,
  failures,
});

function replaceCopy(work: Work, session: Session, place: number, ack: number): void {
  const copy = session.copies[place]!;
  const isLeft = isLeftByTarget(copy);
  if (!isLeft && !hasPlaceToFill(copy)) return;
  if (!mayBegin(work, copy.mapping, session) || work.nowMs < mayReopenAtMs(copy, work.limits)) {
    session.isWaiting = true;
    return;
  }
  if (isLeft) endWithReset(work, copy, 'closedEarlyByTarget');
  const heir = openCopy(work, session, copy.mapping, copy.index, startOf(work, session, ack, failuresUpTo(copy)));
  if (heir !== null) session.copies[place] = heir;
  else {
    copy.mapping.ledger.copies.writeOff('noPortFree', 1);
    session.isWaiting = true;
  }
}

/** The target has closed; it has all that was said to it. */
const isLeftByTarget = (copy: Copy): boolean =>
  isLive(copy) && copy.isTargetFinSeen && copy.headPiece === NONE && copy.mapping.midStream !== 'skip' && !copy.mapping.isStopping;

/** True when the newcomer waits no more. */
function admit(work: Work, session: Session, newcomer: Newcomer, ack: number): boolean {
  const { mapping } = newcomer;
  if (mapping.isStopping) return true;
  if (!mayBegin(work, mapping, session)) {
    if (!newcomer.isCounted) session.addAbsence(mapping, newcomer.ending, newcomer.copies); // bytes go by without a copy
    newcomer.isCounted = true;
    return mapping.midStream === 'skip';
  }
  if (newcomer.isCounted) session.endAbsence(mapping, newcomer.ending);
  for (let index = 0; index < newcomer.copies; index++) {
    const copy = openCopy(work, session, mapping, index, startOf(work, session, ack, 0));
    if (copy !== null) session.addCopy(copy);
    else session.addAbsence(mapping, 'noPortFree', 1);
  }
  return true;
}
