// What a peer of the model sends, and its timers.
import { ACK, FIN, PSH, RST, SYN } from '@parallax/wire';
import { NOTHING } from './packet.ts';
import type { Peer } from './peer.ts';

const TIME_WAIT_MS = 60_000;
const RETRIES = 12;

/** Our window now: never shrunk, in the units the other side expects. */
function advertise(peer: Peer, isSyn: boolean): number {
  const free = Math.max(0, peer.options.receiveBytes - peer.unreadBytes);
  const wanted = peer.received.length + free;
  if (wanted - peer.rightEdge >= Math.min(peer.options.receiveBytes / 2, peer.mssBytes) || wanted <= peer.rightEdge)
    peer.rightEdge = Math.max(peer.rightEdge, wanted);
  const offered = peer.rightEdge - peer.received.length;
  const field = isSyn ? offered : offered >> peer.receiveScale;
  const clamped = Math.min(field, 65_535);
  peer.offeredEdge = Math.max(peer.offeredEdge, peer.received.length + (isSyn ? clamped : clamped << peer.receiveScale));
  return clamped;
}

export function emit(peer: Peer, offset: number, flags: number, payload: Uint8Array = NOTHING): void {
  const isSyn = (flags & SYN) !== 0;
  const hasAck = (flags & ACK) !== 0;
  if (hasAck) {
    peer.timers.ack = 0;
    peer.lastAckSent = peer.receiveNext;
  }
  peer.wire.send({
    source: peer.address,
    sourcePort: peer.port,
    destination: peer.remote,
    destinationPort: peer.remotePort,
    seq: peer.seqOf(offset),
    ack: hasAck ? peer.receiveNext : 0,
    flags,
    window: (flags & RST) !== 0 ? 0 : advertise(peer, isSyn),
    mssBytes: isSyn ? peer.options.mssBytes : 0,
    windowScale: isSyn && (!hasAck || peer.receiveScale > 0) ? peer.options.windowScale : -1,
    hasTimestamps: isSyn && !hasAck ? peer.options.hasTimestamps : peer.hasTimestamps,
    tsVal: (peer.options.clockBaseMs + Math.floor(peer.wire.schedule.nowMs)) | 0,
    tsEcr: peer.tsRecent,
    payload,
  });
}

export function openActively(peer: Peer): void {
  peer.state = 'synSent';
  peer.next = peer.max = 0;
  emit(peer, -1, SYN);
  arm(peer, 'resend', peer.rtoMs);
}

export const emitAck = (peer: Peer): void => emit(peer, peer.max, ACK);

/** Rate limited as Linux does (tcp_invalid_ratelimit). */
export function challenge(peer: Peer): void {
  const { nowUs } = peer.wire.schedule;
  if (nowUs - peer.lastChallengeUs < 500_000) return;
  peer.lastChallengeUs = nowUs;
  emitAck(peer);
}

export function write(peer: Peer, bytes: Uint8Array): void {
  peer.sent.append(bytes);
  trySend(peer);
}

/** No more will be written. */
export function finish(peer: Peer): void {
  if (peer.isFinQueued || peer.state === 'closed') return;
  peer.isFinQueued = true;
  trySend(peer);
}

/** Close both ways as close(2) does: unread bytes make it a reset (RFC 2525 §2.17). */
export function close(peer: Peer): void {
  if (peer.unreadBytes > 0) return abort(peer);
  peer.isOrphan = true;
  finish(peer);
}

export function abort(peer: Peer): void {
  if (peer.state === 'closed') return;
  if (peer.state !== 'timeWait') emit(peer, peer.max, RST | ACK);
  die(peer, false);
}

export function die(peer: Peer, wasReset: boolean): void {
  if (peer.state === 'closed') return;
  peer.state = 'closed';
  for (const name of ['resend', 'ack', 'persist', 'keepAlive', 'timeWait'] as const) peer.timers[name] = 0;
  peer.events.onClosed(peer, wasReset);
}

/** Both FINs are through. Who closed first stays in TIME_WAIT (RFC 9293 §3.6). */
export function settle(peer: Peer): void {
  if (!peer.isFinReceived || !peer.finAcked || peer.state !== 'established') return;
  if (peer.isPassive) return die(peer, false);
  peer.state = 'timeWait';
  peer.timers.resend = peer.timers.persist = peer.timers.keepAlive = 0;
  arm(peer, 'timeWait', TIME_WAIT_MS);
}

export function read(peer: Peer, bytes: number): Uint8Array {
  const taken = peer.received.slice(peer.readBytes, Math.min(peer.received.length, peer.readBytes + bytes));
  peer.readBytes += taken.length;
  const offered = peer.rightEdge - peer.received.length;
  const free = peer.options.receiveBytes - peer.unreadBytes;
  if (peer.state === 'established' && !peer.isFinReceived && free - offered >= Math.min(peer.options.receiveBytes / 2, peer.mssBytes)) emitAck(peer);
  return taken;
}

export function trySend(peer: Peer): void {
  if (peer.state !== 'established') return;
  for (;;) {
    const left = peer.sent.length - peer.next;
    if (left < 0 || (left === 0 && !(peer.isFinQueued && peer.next === peer.sent.length))) break;
    if (left === 0) {
      emit(peer, peer.next, FIN | ACK);
      advanceTo(peer, peer.next + 1);
      break;
    }
    const inFlight = peer.next - peer.una;
    const room = Math.min(peer.windowBytes, peer.congestionBytes) - inFlight;
    const size = Math.min(left, peer.mssBytes, room);
    if (size <= 0 || (size < Math.min(left, peer.mssBytes) && inFlight > 0)) break;
    const flags = size === left ? ACK | PSH : ACK;
    emit(peer, peer.next, flags, peer.sent.slice(peer.next, peer.next + size));
    advanceTo(peer, peer.next + size);
  }
  const isStuck = peer.next === peer.una && peer.una < peer.endOffset;
  if (!isStuck) peer.timers.persist = 0;
  else if (peer.timers.persist === 0) arm(peer, 'persist', peer.rtoMs * 2 ** Math.min(peer.retries, 6));
}

function advanceTo(peer: Peer, offset: number): void {
  peer.next = offset;
  if (offset > peer.max) {
    peer.max = offset;
    if (peer.timedAt < 0) {
      peer.timedAt = offset;
      peer.timedUs = peer.wire.schedule.nowUs;
    }
  }
  if (peer.timers.resend === 0) arm(peer, 'resend', peer.rtoMs);
}

/** Send what lies at `una` again, one segment. */
export function resendFirst(peer: Peer): void {
  peer.timedAt = -1;
  const size = Math.min(peer.sent.length - peer.una, peer.mssBytes);
  if (size > 0) emit(peer, peer.una, peer.una + size === peer.sent.length ? ACK | PSH : ACK, peer.sent.slice(peer.una, peer.una + size));
  else if (peer.isFinQueued) emit(peer, peer.una, FIN | ACK);
}

export function arm(peer: Peer, name: keyof Peer['timers'], delayMs: number): void {
  const { schedule } = peer.wire;
  const atUs = schedule.nowUs + Math.max(1, Math.round(delayMs * 1000));
  peer.timers[name] = atUs;
  schedule.at(atUs, () => {
    if (peer.timers[name] !== atUs || peer.state === 'closed') return;
    peer.timers[name] = 0;
    onTimer(peer, name);
  });
}

function onTimer(peer: Peer, name: keyof Peer['timers']): void {
  if (name === 'timeWait') return die(peer, false);
  if (name === 'ack') return emitAck(peer);
  if (name === 'keepAlive') return keepAlive(peer);
  if (name === 'persist') {
    peer.retries++;
    if (peer.retries > RETRIES) return die(peer, false);
    probe(peer, peer.una - 1);
    return trySend(peer);
  }
  if (peer.una >= peer.max && peer.state === 'established') return;
  if (++peer.retries > RETRIES) return die(peer, false);
  peer.rtoMs = Math.min(peer.rtoMs * 2, 60_000);
  if (peer.state === 'synSent') emit(peer, -1, SYN);
  else if (peer.state === 'synReceived') emit(peer, -1, SYN | ACK);
  else {
    peer.timedAt = -1;
    peer.congestionBytes = peer.mssBytes;
    peer.recoverAt = -1;
    peer.next = peer.una;
    trySend(peer);
  }
  if (peer.timers.resend === 0) arm(peer, 'resend', peer.rtoMs);
}

function keepAlive(peer: Peer): void {
  if (peer.una === peer.max) {
    if (++peer.unansweredKeepAlives > 9) return abort(peer);
    probe(peer, peer.una - 1);
  }
  arm(peer, 'keepAlive', peer.options.keepAliveMs);
}

function probe(peer: Peer, offset: number): void {
  emit(peer, offset, ACK, peer.options.isProbingWithGarbage ? Uint8Array.of(0xee) : NOTHING);
}
