// A server of the model: a listener, its connections, TIME_WAIT as Linux has it, and resets for strangers.
import { ACK, type AddressWords, FIN, RST, SYN, seqDiff } from '@parallax/wire';
import { flowOf, NOTHING, type Packet, packetLength } from './packet.ts';
import { Peer, type PeerEvents, type PeerOptions, type Wire } from './peer.ts';
import { acceptSyn, receive } from './peer-receive.ts';
import { abort, close, die } from './peer-send.ts';
import type { Random } from './random.ts';

export class ServerHost {
  readonly peers = new Map<string, Peer>();
  readonly #wire: Wire;
  readonly #random: Random;
  readonly #address: AddressWords;
  readonly #port: number;
  readonly #options: () => PeerOptions;
  readonly #events: () => PeerEvents;
  /** False while nothing listens there. */
  isListening = true;

  constructor(wire: Wire, random: Random, address: AddressWords, port: number, options: () => PeerOptions, events: () => PeerEvents) {
    this.#wire = wire;
    this.#random = random;
    this.#address = address;
    this.#port = port;
    this.#options = options;
    this.#events = events;
  }

  /** The process is gone: its connections are closed, reset, or the host has forgotten them; nothing listens. */
  stop(how: 'close' | 'reset' | 'forget'): void {
    this.isListening = false;
    for (const peer of this.peers.values()) {
      if (how === 'close') close(peer);
      else if (how === 'reset') abort(peer);
      else die(peer, false);
    }
  }

  receive(packet: Packet): void {
    const flow = flowOf(packet.source, packet.sourcePort, packet.destination, packet.destinationPort);
    const peer = this.peers.get(flow);
    if (peer !== undefined && peer.state === 'timeWait') {
      if (!this.#isNewConnection(peer, packet)) return this.#inTimeWait(peer, packet);
      die(peer, false);
    } else if (peer !== undefined && peer.state !== 'closed') return receive(peer, packet);
    this.peers.delete(flow);
    if ((packet.flags & (SYN | ACK | RST)) === SYN && this.isListening) {
      const ends = { address: this.#address, port: this.#port, remote: packet.source, remotePort: packet.sourcePort };
      const fresh = new Peer(this.#wire, this.#options(), this.#events(), ends, this.#random.sequence());
      this.peers.set(flow, fresh);
      acceptSyn(fresh, packet);
    } else if ((packet.flags & RST) === 0) this.#refuse(packet);
  }

  /** tcp_timewait_state_process: a SYN beyond the old numbers, or with a later timestamp, opens a new connection. */
  #isNewConnection(peer: Peer, packet: Packet): boolean {
    if ((packet.flags & (SYN | ACK | RST | FIN)) !== SYN || !this.isListening) return false;
    return seqDiff(packet.seq, peer.receiveNext) > 0 || (peer.hasTimestamps && packet.hasTimestamps && seqDiff(packet.tsVal, peer.tsRecent) > 0);
  }

  #inTimeWait(peer: Peer, packet: Packet): void {
    if ((packet.flags & RST) !== 0) {
      if (packet.seq === peer.receiveNext && !peer.options.keepsTimeWait) die(peer, false);
      return;
    }
    if (packetLength(packet) === 0 && packet.seq === peer.receiveNext) return;
    this.#answer(packet, peer.seqOf(peer.max), peer.receiveNext, ACK, peer);
  }

  #refuse(packet: Packet): void {
    if ((packet.flags & ACK) !== 0) this.#answer(packet, packet.ack, 0, RST, null);
    else this.#answer(packet, 0, (packet.seq + packetLength(packet)) | 0, RST | ACK, null);
  }

  #answer(to: Packet, seq: number, ack: number, flags: number, peer: Peer | null): void {
    this.#wire.send({
      source: to.destination,
      sourcePort: to.destinationPort,
      destination: to.source,
      destinationPort: to.sourcePort,
      seq,
      ack,
      flags,
      window: peer === null ? 0 : 500,
      mssBytes: 0,
      windowScale: -1,
      hasTimestamps: peer?.hasTimestamps ?? false,
      tsVal: peer === null ? 0 : (peer.options.clockBaseMs + Math.floor(this.#wire.schedule.nowMs)) | 0,
      tsEcr: peer?.tsRecent ?? 0,
      payload: NOTHING,
    });
  }
}
