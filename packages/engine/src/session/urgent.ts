// Where the client's urgent data end: copies point there too, whatever segments they say it in (RFC 9293 §3.8.5).
import { seqDiff } from '@parallax/wire';
import type { Session } from './session.ts';

const KEPT = 64;
const MOST_AHEAD_BYTES = 0xffff;

/** The client's segment at `seq` points `ahead` bytes on. */
export function noteUrgent(session: Session, seq: number, ahead: number): void {
  const end = (seq + ahead) | 0;
  session.urgentEnds ??= [];
  const ends = session.urgentEnds;
  if (ends.length > 0 && seqDiff(end, ends.at(-1)!) <= 0) return; // said again
  ends.push(end);
  if (ends.length > KEPT) ends.shift();
}

/** The pointer of a copy's segment at `seq`; 0 if nothing urgent comes behind it. */
export function urgentPointerAt(session: Session, seq: number): number {
  for (const end of session.urgentEnds ?? []) {
    const ahead = seqDiff(end, seq);
    if (ahead > 0) return ahead <= MOST_AHEAD_BYTES ? ahead : 0;
  }
  return 0;
}
