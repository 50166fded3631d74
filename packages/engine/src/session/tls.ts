// Does the client speak TLS? A copy cannot: it repeats bytes that only the online server's keys fit.
import type { Memory } from '../memory.ts';
import type { Work } from '../work.ts';
import { refuse } from './refuse.ts';
import type { Session } from './session.ts';

/** What is known of a session's language. */
export type Speech = 'unknown' | 'hello' | 'tls' | 'plain';

const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const CLIENT_HELLO = 1;
const RECORD_HEADER_BYTES = 5;
/** Behind so many turns nobody begins with TLS any more. */
const TURNS_HEARD = 5;
/** A record holds 2^14 bytes, 256 more when encrypted; TLS 1.2 allowed 2048 (RFC 5246 §6.2.3). */
const MOST_BYTES = (1 << 14) + 2048;

/** Type of the TLS record that begins at [at, end) (RFC 8446 §5.1); -1 if none does. */
export function recordType({ bytes, view }: Memory, at: number, end: number): number {
  if (end - at < RECORD_HEADER_BYTES) return -1;
  const type = bytes[at]!;
  const lengthBytes = view.getUint16(at + 3);
  const isRecord = type >= 20 && type <= APPLICATION_DATA && bytes[at + 1] === 3 && bytes[at + 2]! <= 4 && lengthBytes > 0 && lengthBytes <= MOST_BYTES;
  return isRecord ? type : -1;
}

/**
 * The next bytes of the client are at [at, end). It speaks TLS if it says a ClientHello in one of its first turns, as it does at once or behind a STARTTLS, and
 * goes on with records once that was answered; an alert does not count, because with that a client leaves a server which does not understand it. Of a
 * session that was open before, two requests in a row that begin with application data tell.
 */
export function hearSpeech(work: Work, session: Session, at: number, end: number): void {
  if (session.turn === session.heardTurn || (session.isMet && !session.isRequestStart)) return;
  session.heardTurn = session.turn;
  const { memory } = work.pieces;
  const type = recordType(memory, at, end);
  if (session.speech === 'hello') return decide(session, type !== -1 && type !== ALERT ? 'tls' : 'plain', work);
  const isHello = type === HANDSHAKE && memory.bytes[at + RECORD_HEADER_BYTES] === CLIENT_HELLO;
  if (isHello || (session.isMet && type === APPLICATION_DATA)) session.speech = 'hello';
  else decide(session, 'plain', work);
}

/** A port that serves both languages is mirrored as long as most of its sessions can be copied. */
function decide(session: Session, speech: 'tls' | 'plain', work: Work): void {
  session.speech = speech;
  session.isSpeechKnown = speech === 'tls' || ++session.turnsHeard >= TURNS_HEARD;
  for (const mapping of session.mappings) {
    if (speech === 'plain') mapping.plainSessions += session.turnsHeard === 1 ? 1 : 0;
    else {
      mapping.plainSessions -= session.turnsHeard > 0 ? 1 : 0;
      if (++mapping.tlsSessions > mapping.plainSessions) refuse(work, mapping, 'TLS');
    }
  }
}
