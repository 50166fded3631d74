// What a packet does to a peer of the model (RFC 9293 §3.10.7, RFC 5961, and Linux where it is stricter).
import { ACK, FIN, RST, SYN, seqDiff } from '@parallax/wire';
import { type Packet, packetLength } from './packet.ts';
import type { Peer } from './peer.ts';
import { arm, challenge, die, emit, emitAck, resendFirst, settle, trySend } from './peer-send.ts';

const has = (packet: Packet, flag: number): boolean => (packet.flags & flag) !== 0;

/** A listener takes a SYN. */
export function acceptSyn(peer: Peer, packet: Packet): void {
  peer.state = 'synReceived';
  peer.next = peer.max = 0;
  takeOptions(peer, packet);
  emit(peer, -1, SYN | ACK);
  arm(peer, 'resend', peer.rtoMs);
}

function takeOptions(peer: Peer, packet: Packet): void {
  peer.irs = packet.seq;
  peer.lastAckSent = (packet.seq + 1) | 0;
  peer.hasTimestamps = peer.options.hasTimestamps && packet.hasTimestamps;
  peer.tsRecent = packet.tsVal;
  const isScaled = peer.options.windowScale >= 0 && packet.windowScale >= 0;
  peer.sendScale = isScaled ? packet.windowScale : 0;
  peer.receiveScale = isScaled ? peer.options.windowScale : 0;
  peer.mssBytes = Math.max(48, Math.min(packet.mssBytes || 536, peer.options.mssBytes) - (peer.hasTimestamps ? 12 : 0));
  peer.congestionBytes = peer.mssBytes * 10;
  peer.windowBytes = packet.window;
  peer.windowSeq = packet.seq;
  peer.windowAck = packet.ack;
}

export function receive(peer: Peer, packet: Packet): void {
  if (peer.state === 'closed') return;
  if (peer.state === 'synSent') return inSynSent(peer, packet);
  if (peer.state === 'synReceived' && !inSynReceived(peer, packet)) return;
  peer.unansweredKeepAlives = 0;
  if (!isAcceptable(peer, packet)) {
    if (has(packet, RST)) return;
    if (packet.payload.length > 0 || has(packet, FIN)) emitAck(peer);
    else challenge(peer);
    return;
  }
  if (has(packet, RST)) {
    if (packet.seq === peer.receiveNext) die(peer, true);
    else challenge(peer);
    return;
  }
  if (has(packet, SYN)) return challenge(peer);
  if (!has(packet, ACK)) return;
  const ackOffset = seqDiff(packet.ack, peer.seqOf(0));
  if (ackOffset > peer.max || ackOffset < peer.una - (1 << 26)) return challenge(peer);
  if (peer.hasTimestamps && packet.hasTimestamps && seqDiff(packet.seq, peer.lastAckSent) <= 0 && seqDiff(packet.tsVal, peer.tsRecent) > 0)
    peer.tsRecent = packet.tsVal;
  onAck(peer, packet, ackOffset);
  if (packet.payload.length > 0 || has(packet, FIN)) onText(peer, packet);
  settle(peer);
  trySend(peer);
}

function inSynSent(peer: Peer, packet: Packet): void {
  const isAckRight = has(packet, ACK) && packet.ack === peer.seqOf(0);
  if (has(packet, ACK) && !isAckRight) {
    if (!has(packet, RST)) answerWithReset(peer, packet);
    return;
  }
  if (has(packet, RST)) {
    if (isAckRight) die(peer, true);
    return;
  }
  if (!has(packet, SYN) || !isAckRight) return;
  takeOptions(peer, packet);
  open(peer);
  emitAck(peer);
  peer.events.onOpen(peer);
}

/** A reset that answers a wrong acknowledgement carries that number (RFC 9293 §3.10.7.3). */
function answerWithReset(peer: Peer, packet: Packet): void {
  peer.wire.send({
    ...packet,
    source: peer.address,
    sourcePort: peer.port,
    destination: peer.remote,
    destinationPort: peer.remotePort,
    seq: packet.ack,
    ack: 0,
    flags: RST,
    window: 0,
    hasTimestamps: false,
    mssBytes: 0,
    windowScale: -1,
    payload: packet.payload.subarray(0, 0),
  });
}

/** False if the packet ends here. As in Linux, a request socket looks at the acknowledgement before the RST flag (tcp_check_req). */
function inSynReceived(peer: Peer, packet: Packet): boolean {
  if (has(packet, SYN) && packet.seq === peer.irs) {
    emit(peer, -1, SYN | ACK);
    return false;
  }
  if (has(packet, ACK) && packet.ack !== peer.seqOf(0)) {
    if (!has(packet, RST)) answerWithReset(peer, packet);
    return false;
  }
  if (has(packet, RST)) {
    if (packet.seq === peer.receiveNext) die(peer, true);
    return false;
  }
  if (!has(packet, ACK) || !isAcceptable(peer, packet)) return false;
  open(peer);
  peer.windowBytes = packet.window << peer.sendScale;
  peer.events.onOpen(peer);
  return peer.isOpen;
}

function open(peer: Peer): void {
  peer.state = 'established';
  peer.una = peer.next = peer.max = 0;
  peer.timers.resend = 0;
  peer.retries = 0;
  peer.rtoMs = Math.max(peer.options.rtoMinMs, 200);
  if (peer.options.keepAliveMs > 0) arm(peer, 'keepAlive', peer.options.keepAliveMs);
}

/** Inside the window that was offered, with a timestamp that is not older than the last (RFC 7323 §5.3). */
function isAcceptable(peer: Peer, packet: Packet): boolean {
  if (peer.hasTimestamps && packet.hasTimestamps && !has(packet, RST) && seqDiff(packet.tsVal, peer.tsRecent) < 0) return false;
  const windowBytes = Math.max(0, peer.rightEdge - peer.received.length);
  return seqDiff((packet.seq + packetLength(packet)) | 0, peer.lastAckSent) >= 0 && seqDiff(packet.seq, peer.receiveNext) <= windowBytes;
}

function onAck(peer: Peer, packet: Packet, ackOffset: number): void {
  const acked = ackOffset - peer.una;
  const windowBytes = packet.window << peer.sendScale;
  if (acked > 0) onNewAck(peer, ackOffset);
  else if (acked === 0 && packet.payload.length === 0 && !has(packet, FIN) && peer.max > peer.una && windowBytes === peer.windowBytes) {
    if (++peer.duplicateAcks === 3 && peer.recoverAt < 0) {
      peer.recoverAt = peer.max;
      peer.congestionBytes = Math.max(2 * peer.mssBytes, (peer.max - peer.una) >> 1);
      resendFirst(peer);
    }
  }
  if (seqDiff(packet.seq, peer.windowSeq) > 0 || (packet.seq === peer.windowSeq && seqDiff(packet.ack, peer.windowAck) >= 0)) {
    if (windowBytes > 0) peer.retries = 0;
    peer.windowBytes = windowBytes;
    peer.windowSeq = packet.seq;
    peer.windowAck = packet.ack;
  }
}

function onNewAck(peer: Peer, ackOffset: number): void {
  peer.una = ackOffset;
  peer.next = Math.max(peer.next, ackOffset);
  peer.retries = peer.duplicateAcks = 0;
  if (peer.timedAt >= 0 && ackOffset >= peer.timedAt) {
    const rttMs = (peer.wire.schedule.nowUs - peer.timedUs) / 1000;
    peer.srttMs = peer.srttMs === 0 ? rttMs : peer.srttMs * 0.875 + rttMs * 0.125;
    peer.rtoMs = Math.max(peer.options.rtoMinMs, peer.srttMs * 3);
    peer.timedAt = -1;
  }
  if (peer.recoverAt >= 0 && ackOffset < peer.recoverAt) resendFirst(peer);
  else {
    peer.recoverAt = -1;
    peer.congestionBytes = Math.min(peer.congestionBytes + peer.mssBytes, 1 << 20);
  }
  if (peer.isFinQueued && ackOffset > peer.sent.length) peer.finAcked = true;
  peer.timers.resend = 0;
  if (peer.una < peer.max) arm(peer, 'resend', peer.rtoMs);
}

function onText(peer: Peer, packet: Packet): void {
  const from = seqDiff(packet.seq, (peer.irs + 1) | 0);
  const isNew = from + packet.payload.length > peer.received.length + (peer.isFinReceived ? 1 : 0);
  if (peer.isOrphan && isNew && packet.payload.length > 0) {
    answerWithReset(peer, { ...packet, ack: peer.seqOf(peer.max) });
    return die(peer, false);
  }
  const before = peer.received.length;
  if (has(packet, FIN)) peer.finAt = from + packet.payload.length;
  const room = peer.isFinReceived ? peer.received.length : peer.rightEdge; // behind FIN nothing is said: a probe that repeats its number is no text
  const bytes = packet.payload.subarray(0, Math.max(0, room - from));
  if (bytes.length > 0) {
    peer.ahead.push({ from, bytes });
    peer.ahead.sort((a, b) => a.from - b.from);
    drain(peer);
  }
  const isFinNow = !peer.isFinReceived && peer.finAt === peer.received.length;
  if (isFinNow) {
    peer.isFinReceived = true;
    peer.isPassive = !peer.isFinQueued || peer.max <= peer.sent.length;
  }
  const isInOrder = from === before && peer.received.length > before && peer.ahead.length === 0;
  if (!isInOrder || isFinNow || peer.options.delayedAckMs === 0 || peer.timers.ack !== 0) emitAck(peer);
  else arm(peer, 'ack', peer.options.delayedAckMs);
  if (peer.received.length > before || isFinNow) peer.events.onReadable(peer);
}

function drain(peer: Peer): void {
  while (peer.ahead.length > 0) {
    const first = peer.ahead[0]!;
    const known = peer.received.length - first.from;
    if (known < 0) return;
    peer.ahead.shift();
    if (known >= first.bytes.length) continue;
    const fresh = first.bytes.subarray(known);
    const at = peer.received.length;
    peer.received.append(fresh);
    peer.events.onAccepted(peer, at, fresh);
  }
}
