// The sessions now open as the console shows them.
import type { Copy, Engine, Mapping, Outline, Session } from '@parallax/engine';
import type { CopyRow, SessionRow, Sessions } from '@parallax/protocol';
import { formatAddress, isSameAddress } from '@parallax/wire';

const MOST_ROWS = 200;
const MOST_COPIES = 50;

const copyRow = (copy: Copy): CopyRow => ({
  ...(isSameAddress(copy.source, copy.session.client) ? {} : { address: formatAddress(copy.source) }),
  port: copy.sourcePort,
  state: copy.ending ?? copy.state,
  bytesDelivered: copy.bytesDelivered,
  bytesHeld: Math.max(0, copy.ending === null ? copy.bytesAsked - copy.bytesDelivered : 0),
  held: copy.held,
  lastLatencyUs: copy.lastLatencyUs < 0 ? null : copy.lastLatencyUs,
});

function stateOf(session: Session): string {
  if (session.isSkipped) return 'skipped: open before the mapping started';
  if (session.isWaiting && session.liveCopies === 0) return 'waiting for its next request';
  if (session.isReset) return 'reset';
  if (session.isFinReached) return session.isOnlineFinSeen ? 'closed' : 'client closed';
  if (session.isOnlineFinSeen) return 'online closed';
  return session.hasClientAck ? 'open' : 'opening';
}

/** `epochMs` is the wall-clock time at which the engine's clock read 0. */
const sessionRow = (session: Session, mapping: Mapping, epochMs: number): SessionRow => ({
  id: String(session.id),
  client: { address: formatAddress(session.client), port: session.clientPort },
  openedAtMs: epochMs + session.openedAtMs,
  state: stateOf(session),
  bytesFromClient: session.bytesFromClient,
  bytesFromOnline: session.bytesFromOnline,
  lastLatencyUs: session.lastLatencyUs < 0 ? null : session.lastLatencyUs,
  copies: session.copies
    .filter((copy) => copy.mapping === mapping)
    .slice(0, MOST_COPIES)
    .map(copyRow),
});

/** The newest sessions of a mapping, at most 200, and the count of all. */
export function listSessions(engine: Engine, mapping: Mapping, epochMs: number): Sessions {
  const newest: Outline[] = [];
  let total = 0;
  for (const session of engine.sessions()) {
    if (!session.mappings.includes(mapping)) continue;
    total++;
    newest.push(session);
    if (newest.length >= MOST_ROWS * 4) keepNewest(newest);
  }
  keepNewest(newest);
  return {
    type: 'sessions',
    mappingId: mapping.id,
    atMs: Date.now(),
    total,
    rows: newest.map((session) => sessionRow(engine.look(session), mapping, epochMs)),
  };
}

function keepNewest(sessions: Outline[]): void {
  sessions.sort((a, b) => b.id - a.id);
  sessions.length = Math.min(sessions.length, MOST_ROWS);
}
