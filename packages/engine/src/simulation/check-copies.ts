// What leaves for the target, and what the target takes, must be what a client said there.
import { type AddressWords, IpView, isSameAddress, type Segment, SYN, seqDiff, TcpOptions, TcpView, writeSegment } from '@parallax/wire';
import type { Copy } from '../copy/copy.ts';
import type { Lingering } from '../copy/lingering.ts';
import type { Session } from '../session/session.ts';
import { checkSource } from './check-source.ts';
import type { SessionModel } from './conversations.ts';
import { flowOf, type Packet, readPacket } from './packet.ts';
import { OUT_AT } from './packet-view.ts';
import type { Peer } from './peer.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

const REOPEN_MS = 250;

export class CopiesChecker {
  readonly #world: World;
  readonly #target: AddressWords;
  /** Whose copy speaks on a flow now, what each SYN was for, and what came of it. */
  readonly #flows = new Map<string, SessionModel>();
  readonly #bySyn = new Map<string, SessionModel>();
  readonly #ends = new WeakMap<Peer, { model: SessionModel; base: number }>();
  /** The copy that was opened last in each place, by the session's id. */
  readonly #places = new Map<number, Copy[]>();

  constructor(world: World, target: AddressWords) {
    this.#world = world;
    this.#target = target;
  }

  /** The engine injects: the packet as it goes on the wire. */
  onInject(segment: Segment): Packet {
    const { bytes, view } = this.#world.seen.memory;
    const end = OUT_AT + writeSegment(view, bytes, OUT_AT, segment);
    if (end - OUT_AT > (this.#world.scenario.limits.mtuBytes ?? 1500)) throw new Violation(`a packet of ${end - OUT_AT} bytes was injected`);
    const ip = new IpView(view);
    const tcp = new TcpView(view);
    const options = new TcpOptions();
    ip.moveTo(OUT_AT, end, end - OUT_AT);
    tcp.moveTo(ip.payloadAt, end);
    options.read(view, tcp.at + 20, tcp.payloadAt);
    const packet = readPacket(ip, tcp, options, end);
    this.#world.trace.add(this.#world.schedule.nowUs, 'inject', packet);
    this.#check(packet);
    return packet;
  }

  #check(packet: Packet): void {
    if (packet.destinationPort !== 8080 || packet.destination.some((word, index) => word !== this.#target[index]))
      throw new Violation('a packet left for a stranger');
    const flow = flowOf(packet.source, packet.sourcePort, packet.destination, packet.destinationPort);
    if ((packet.flags & SYN) !== 0) this.#checkSyn(packet, flow);
    const model = this.#flows.get(flow);
    if (model === undefined) throw new Violation('a segment left on a flow that was never opened');
    if (packet.payload.length > 0 && !model.client.sent.has(seqDiff(packet.seq, model.client.seqOf(0)), packet.payload))
      throw new Violation(`a segment at ${packet.seq} carries what the client did not say there`);
    const peer = this.#world.target.peers.get(flow);
    const known = peer === undefined ? undefined : this.#ends.get(peer);
    if (peer === undefined || packet.payload.length === 0 || known?.model !== model || seqDiff(packet.seq, peer.irs) <= 0) return;
    const end = seqDiff((packet.seq + packet.payload.length) | 0, (peer.irs + 1) | 0);
    if (end > peer.offeredEdge) throw new Violation(`a segment ends at ${end}, the target offered room up to ${peer.offeredEdge}`);
    if (packet.payload.length > peer.options.mssBytes)
      throw new Violation(`a segment of ${packet.payload.length} bytes, the target asked for ${peer.options.mssBytes}`);
  }

  /** A SYN opens a copy at the client's own number, or at a byte with which one may begin that was not said to the target yet. */
  #checkSyn(packet: Packet, flow: string): void {
    const { engine, scenario, conversations } = this.#world;
    const { midStream } = scenario;
    const isItsOwn = (each: Copy | Lingering): each is Copy =>
      each.ending === null && each.sourcePort === packet.sourcePort && isSameAddress(each.source, packet.source);
    const copy = [...engine.copies()].find(isItsOwn);
    if (copy === undefined || copy.iss !== packet.seq) throw new Violation(`a SYN with a number that no copy has: ${packet.seq}`);
    const model = conversations.modelOf(copy.session);
    checkSource(this.#world, packet, model.client);
    const base = seqDiff((copy.iss + 1) | 0, model.client.seqOf(0));
    if (!copy.isLate && base !== 0) throw new Violation(`a copy begins at byte ${base} of its client`);
    if (midStream === 'boundary' && base !== 0 && !model.app.starts.has(base)) throw new Violation(`a copy begins at byte ${base}, which begins no request`);
    if (midStream === 'skip' && copy.isLate) throw new Violation('a late copy against the policy');
    this.#flows.set(flow, model);
    this.#bySyn.set(`${flow} ${packet.seq}`, model);
    const places = this.#places.get(copy.session.id) ?? [];
    this.#places.set(copy.session.id, places);
    const before = asItIs(places[copy.index], copy.session);
    places[copy.index] = copy;
    if (before === undefined || before === copy || before.mapping !== copy.mapping) return;
    if (seqDiff((copy.iss + 1) | 0, before.sendMax) < 0) throw new Violation(`byte ${base} was said to the target before, from port ${before.sourcePort}`);
    const sinceMs = copy.beganAtMs - before.beganAtMs;
    if (!before.hasBeenAnswered && sinceMs < REOPEN_MS) throw new Violation(`a copy after ${sinceMs} ms again`);
  }

  /** The target has accepted a connection. */
  onAccepted(peer: Peer): void {
    const flow = flowOf(peer.remote, peer.remotePort, peer.address, peer.port);
    const model = this.#bySyn.get(`${flow} ${peer.irs}`);
    if (model === undefined) throw new Violation(`the target has a connection that no copy opened (isn ${peer.irs})`);
    const end = { peer, base: seqDiff((peer.irs + 1) | 0, model.client.seqOf(0)) };
    model.targets.push(end);
    this.#ends.set(peer, { model, base: end.base });
  }

  /** The target took bytes in order. */
  onTaken(peer: Peer, from: number, bytes: Uint8Array): void {
    const { model, base } = this.#ends.get(peer)!;
    if (!model.client.sent.has(base + from, bytes))
      throw new Violation(`the target took ${bytes.length} bytes at ${base + from} that the client did not say there`);
  }
}

/** The copy of the session as it is now: one that was parked meanwhile is another object. */
const asItIs = (copy: Copy | undefined, { copies }: Session): Copy | undefined =>
  copies.find(({ mapping, index, iss, beganAtMs }) => mapping === copy?.mapping && index === copy.index && iss === copy.iss && beganAtMs === copy.beganAtMs) ??
  copy;
