// Packets out of one transmit area: on the link where the next hop is known, through raw sockets where not.
//
//   | virtio_net_hdr 10 | Ethernet 14 | IP | TCP | payload ... |  the next packet, 8-byte aligned ...
//                                     at
//
// The packet written last may grow in place: segments that follow each other in one stream leave as one, and the kernel or the card cuts them (GSO).
import { ACK, completeChecksum, extendPartialSegment, FIN, MAX_HEADER_BYTES, PSH, type Segment, writePartialSegment } from '@parallax/wire';
import { parseAddress } from '../address.ts';
import type { Inject, InjectCounters, OnUnsent, TxPath } from '../contract.ts';
import { Destinations } from '../destinations.ts';
import { libc } from '../libc.ts';
import * as abi from './abi.ts';
import { type LinkRoute, LinkRoutes } from './link-routes.ts';
import type { NativeMemory } from './native-memory.ts';
import type { NextHop } from './next-hop.ts';
import { NOWHERE, type OnRefusal, QUEUE_BYTES, SendQueue } from './send-queue.ts';
import { openLinkSocket, openRawSocket } from './send-sockets.ts';

const AREA_BYTES = 512 * 1024;
const MAX_PACKET_BYTES = 65_535;
const PREFIX_BYTES = 24;
const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const TCP_CHECKSUM_AT = 16;
const LINK_LOCAL = 0xfe80; // fe80::/10 needs to know its interface

/** The hop of packets that go nowhere: known every other time it is asked for. */
class Nowhere {
  #isKnown = true;
  find(): NextHop | string {
    this.#isKnown = !this.#isKnown;
    return this.#isKnown ? { interfaceIndex: 1, mtuBytes: 1500, macs: [1, 2, 3] } : 'not known yet';
  }
  close(): void {}
}

/** Bytes of memory the sending half needs. */
export const INJECT_BYTES = AREA_BYTES + 3 * QUEUE_BYTES;

export class RingInject implements Inject {
  /** Why packets do not leave on the link; empty if they may. */
  readonly whyNotLink: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #areaAt: number;
  readonly #areaEnd: number;
  readonly #interfaceIndex: number;
  readonly #destinations: Destinations;
  readonly #ipv4: SendQueue;
  readonly #ipv6: SendQueue;
  readonly #link: SendQueue | null;
  readonly #linkRoutes: LinkRoutes;
  readonly #counters: InjectCounters = { sent: 0, failed: 0, forbidden: 0, failedBy: {} };
  /** By the destination's ordinal. */
  #routes: LinkRoute[] = [];
  #top: number;
  #flushes = 0;
  #onUnsent: OnUnsent = () => {};

  /** The packet that may still grow: its place (-1 for none), length, and the segment it ends with. */
  #openAt = -1;
  #openBytes = 0;
  #gsoBytes = 0;
  #nextSeq = 0;
  readonly #last = {
    source: [0, 0, 0, 0] as Segment['source'],
    destination: [0, 0, 0, 0] as Segment['source'],
    ports: 0,
    ack: 0,
    window: 0,
    tsVal: 0,
    tsEcr: 0,
  };

  /** Opens the sockets; if `tx` is null there are none, and what is sent goes nowhere. `at` is where its part of the memory begins. Throws if CAP_NET_RAW is missing. */
  constructor(memory: NativeMemory, at: number, interfaceIndex: number, tx: TxPath | null) {
    this.#bytes = memory.bytes;
    this.#view = memory.view;
    this.#areaAt = this.#top = at;
    this.#areaEnd = at + AREA_BYTES;
    this.#interfaceIndex = interfaceIndex;
    this.#destinations = new Destinations(memory.view);
    const fds = tx === null ? { ipv4: NOWHERE, ipv6: NOWHERE, link: NOWHERE } : openSockets(tx);
    this.whyNotLink = typeof fds.link === 'string' ? fds.link : '';
    const queueAt = (index: number) => at + AREA_BYTES + index * QUEUE_BYTES;
    const onRawRefusal: OnRefusal = (_, __, packetAt, lengthBytes) => this.#onUnsent(packetAt, lengthBytes);
    this.#ipv4 = new SendQueue(fds.ipv4, memory, queueAt(0), abi.AF_INET, 16, this.#counters, onRawRefusal);
    this.#ipv6 = new SendQueue(fds.ipv6, memory, queueAt(1), abi.AF_INET6, 28, this.#counters, onRawRefusal);
    this.#link =
      typeof fds.link === 'string'
        ? null
        : new SendQueue(fds.link, memory, queueAt(2), abi.AF_PACKET, 20, this.#counters, (ordinal, errno, packetAt, lengthBytes) => {
            this.#linkRoutes.onRefusal(this.#routes[ordinal]!, errno);
            this.#onUnsent(packetAt + PREFIX_BYTES, lengthBytes - PREFIX_BYTES);
          });
    this.#linkRoutes = tx === null ? new LinkRoutes(null, new Nowhere()) : new LinkRoutes(typeof fds.link === 'string' ? fds.link : null);
  }

  allow(destinations: readonly { address: string; port: number }[]): void {
    this.flush(); // what was allowed until now, by the ordinals of now
    this.#destinations.replace(destinations);
    this.#routes = this.#linkRoutes.replace(destinations.map(({ address }) => parseAddress(address)));
  }

  send(segment: Segment): void {
    if (this.#openAt >= 0 && this.#follows(segment)) return this.#grow(segment);
    this.#makeRoom(MAX_HEADER_BYTES + segment.payloadBytes);
    const at = this.#top + PREFIX_BYTES;
    const lengthBytes = writePartialSegment(this.#view, this.#bytes, at, segment);
    const hop = this.#queue(at, lengthBytes, true);
    if (hop !== null && segment.flags === ACK && segment.payloadBytes > 0 && lengthBytes <= hop.mtuBytes) this.#keepOpen(at, lengthBytes, segment);
  }

  put(packet: Uint8Array): void {
    if (packet.length > MAX_PACKET_BYTES) throw new Error(`a packet of ${packet.length} bytes is none of IP`);
    this.#makeRoom(packet.length);
    const at = this.#top + PREFIX_BYTES;
    this.#bytes.set(packet, at);
    this.#queue(at, packet.length, false);
  }

  /** What left through the raw sockets as the kernel's probe goes first: it was said first. */
  flush(): void {
    if (this.#top === this.#areaAt) return;
    this.#ipv4.flush();
    this.#ipv6.flush();
    this.#link?.flush();
    this.#top = this.#areaAt;
    this.#openAt = -1;
    this.#flushes++;
  }

  onUnsent(listener: OnUnsent): void {
    this.#onUnsent = listener;
  }

  counters(): InjectCounters {
    return { ...this.#counters, failedBy: { ...this.#counters.failedBy } };
  }

  close(): void {
    this.#linkRoutes.close();
    this.#ipv4.close();
    this.#ipv6.close();
    this.#link?.close();
  }

  #makeRoom(packetBytes: number): void {
    const isFull = this.#ipv4.isFull || this.#ipv6.isFull || (this.#link?.isFull ?? false);
    if (isFull || this.#top + PREFIX_BYTES + packetBytes > this.#areaEnd) this.flush();
  }

  /** Check the destination and queue the packet; the hop it takes on the link, or null. */
  #queue(at: number, lengthBytes: number, isPartial: boolean): NextHop | null {
    this.#openAt = -1;
    const ordinal = this.#destinations.permit(at, lengthBytes);
    if (ordinal < 0) {
      this.#counters.forbidden++;
      this.#onUnsent(at, lengthBytes);
      return null;
    }
    this.#top = (at + lengthBytes + 7) & ~7;
    const route = this.#routes[ordinal]!;
    const { hop } = route;
    const isProbe = route.isProbeDue && route.queuedIn !== this.#flushes;
    route.queuedIn = this.#flushes;
    if (hop === null || isProbe || this.#link === null) {
      route.isProbeDue = false;
      if (hop === null) this.#linkRoutes.refreshSoon(route);
      if (isPartial) completeChecksum(this.#view, at, lengthBytes);
      this.#queueRaw(at, lengthBytes);
      return null;
    }
    this.#writeLinkHeaders(at, hop, isPartial);
    this.#nameLink(this.#link.add(at - PREFIX_BYTES, PREFIX_BYTES + lengthBytes, ordinal), hop);
    return hop;
  }

  #queueRaw(at: number, lengthBytes: number): void {
    const view = this.#view;
    if (view.getUint8(at) >> 4 === 4) {
      view.setInt32(this.#ipv4.add(at, lengthBytes) + 4, view.getInt32(at + 16)); // sin_addr
      return;
    }
    const name = this.#ipv6.add(at, lengthBytes);
    for (let byte = 0; byte < 16; byte += 4) view.setInt32(name + 8 + byte, view.getInt32(at + 24 + byte)); // sin6_addr
    const isLinkLocal = (view.getUint16(at + 24) & 0xffc0) === LINK_LOCAL;
    view.setInt32(name + 24, isLinkLocal ? this.#interfaceIndex : 0, true); // sin6_scope_id
  }

  #writeLinkHeaders(at: number, hop: NextHop, isPartial: boolean): void {
    const view = this.#view;
    view.setInt32(at - 24, isPartial ? abi.VIRTIO_NET_HDR_F_NEEDS_CSUM : 0, true); // flags, gso_type, hdr_len
    view.setInt32(at - 20, isPartial ? (ETHERNET_BYTES + IPV4_BYTES) << 16 : 0, true); // gso_size, csum_start
    view.setUint16(at - 16, isPartial ? TCP_CHECKSUM_AT : 0, true); // csum_offset
    const { macs } = hop;
    view.setInt32(at - 14, macs[0]);
    view.setInt32(at - 10, macs[1]);
    view.setInt32(at - 6, macs[2]);
    view.setUint16(at - 2, abi.ETH_P_IP);
  }

  /** struct sockaddr_ll: the interface and the protocol, which tells the kernel where the headers are. */
  #nameLink(name: number, { interfaceIndex }: NextHop): void {
    this.#view.setUint16(name + 2, abi.ETH_P_IP);
    this.#view.setInt32(name + 4, interfaceIndex, true);
  }

  #keepOpen(at: number, lengthBytes: number, segment: Segment): void {
    const last = this.#last;
    this.#openAt = at;
    this.#openBytes = lengthBytes;
    this.#gsoBytes = segment.payloadBytes;
    this.#nextSeq = (segment.seq + segment.payloadBytes) | 0;
    last.source = segment.source;
    last.destination = segment.destination;
    last.ports = (segment.sourcePort << 16) | segment.destinationPort;
    last.ack = segment.ack;
    last.window = segment.window;
    last.tsVal = segment.tsVal;
    last.tsEcr = segment.tsEcr;
  }

  /** Does it go on where the open packet ends, with nothing different but PSH or FIN, and is there room? */
  #follows(segment: Segment): boolean {
    const last = this.#last;
    return (
      segment.seq === this.#nextSeq &&
      segment.source === last.source &&
      segment.destination === last.destination &&
      ((segment.sourcePort << 16) | segment.destinationPort) === last.ports &&
      (segment.flags & ~(PSH | FIN)) === ACK &&
      segment.payloadBytes > 0 &&
      segment.payloadBytes <= this.#gsoBytes &&
      segment.ack === last.ack &&
      segment.window === last.window &&
      segment.tsVal === last.tsVal &&
      segment.tsEcr === last.tsEcr &&
      this.#openBytes + segment.payloadBytes <= MAX_PACKET_BYTES &&
      this.#openAt + this.#openBytes + segment.payloadBytes <= this.#areaEnd
    );
  }

  #grow(segment: Segment): void {
    const view = this.#view;
    const at = this.#openAt;
    this.#openBytes = extendPartialSegment(view, this.#bytes, at, this.#openBytes, segment);
    this.#top = (at + this.#openBytes + 7) & ~7;
    this.#link!.growLast(PREFIX_BYTES + this.#openBytes);
    this.#nextSeq = (this.#nextSeq + segment.payloadBytes) | 0;
    const headerBytes = ETHERNET_BYTES + IPV4_BYTES + (view.getUint8(at + 32) >> 4) * 4;
    view.setInt32(at - 24, abi.VIRTIO_NET_HDR_F_NEEDS_CSUM | (abi.VIRTIO_NET_HDR_GSO_TCPV4 << 8) | (headerBytes << 16), true);
    view.setUint16(at - 20, this.#gsoBytes, true);
    // Only the last segment may be shorter, or say PSH or FIN.
    if (segment.flags !== ACK || segment.payloadBytes < this.#gsoBytes) this.#openAt = -1;
  }
}

/** Both raw sockets, and the link's or why there is none. Throws if CAP_NET_RAW is missing, or the link's is wanted and cannot be had. */
function openSockets(tx: TxPath): { ipv4: number; ipv6: number; link: number | string } {
  const opened: number[] = [];
  const open = (fd: number) => {
    opened.push(fd);
    return fd;
  };
  try {
    const ipv4 = open(openRawSocket(abi.AF_INET));
    const ipv6 = open(openRawSocket(abi.AF_INET6));
    if (tx === 'raw') return { ipv4, ipv6, link: 'raw sockets were asked for' };
    try {
      return { ipv4, ipv6, link: open(openLinkSocket()) };
    } catch (error) {
      if (tx === 'packet') throw error;
      return { ipv4, ipv6, link: (error as Error).message };
    }
  } catch (error) {
    for (const fd of opened) libc().close(fd);
    throw error;
  }
}
