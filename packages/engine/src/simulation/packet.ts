// A TCP packet as the model's hosts see it, and its way to and from the bytes that the engine sees.
import { ACK, type AddressWords, FIN, formatAddress, type IpView, PSH, RST, Segment, SYN, type TcpOptions, type TcpView, writeSegment } from '@parallax/wire';

export interface Packet {
  source: AddressWords;
  sourcePort: number;
  destination: AddressWords;
  destinationPort: number;
  seq: number;
  ack: number;
  flags: number;
  window: number;
  mssBytes: number;
  windowScale: number;
  hasTimestamps: boolean;
  tsVal: number;
  tsEcr: number;
  /** With URG. */
  urgentPointer?: number;
  payload: Uint8Array;
}

export const NOTHING = new Uint8Array(0);

/** Sequence numbers that the packet takes. */
export const packetLength = (packet: Packet): number => packet.payload.length + ((packet.flags & SYN) !== 0 ? 1 : 0) + ((packet.flags & FIN) !== 0 ? 1 : 0);

/** The flow of a packet as a key: source first. */
export const flowOf = (source: AddressWords, sourcePort: number, destination: AddressWords, destinationPort: number): string =>
  `${source[0]},${source[3]}:${sourcePort}>${destination[0]},${destination[3]}:${destinationPort}`;

const segment = new Segment();

/** Write the packet as bytes at `at`; the payload passes through `scratchAt`. Returns the length in bytes. */
export function writePacket(view: DataView, bytes: Uint8Array, at: number, scratchAt: number, packet: Packet): number {
  bytes.set(packet.payload, scratchAt);
  segment.source = packet.source;
  segment.sourcePort = packet.sourcePort;
  segment.destination = packet.destination;
  segment.destinationPort = packet.destinationPort;
  segment.seq = packet.seq;
  segment.ack = packet.ack;
  segment.flags = packet.flags;
  segment.window = packet.window;
  segment.mssBytes = packet.mssBytes;
  segment.windowScale = packet.windowScale;
  segment.hasTimestamps = packet.hasTimestamps;
  segment.tsVal = packet.tsVal;
  segment.tsEcr = packet.tsEcr;
  segment.urgentPointer = packet.urgentPointer ?? 0;
  segment.payloadAt = scratchAt;
  segment.payloadBytes = packet.payload.length;
  return writeSegment(view, bytes, at, segment);
}

/** The packet that the views point at; `end` is the end of its bytes. */
export function readPacket(ip: IpView, tcp: TcpView, options: TcpOptions, end: number): Packet {
  const bytes = new Uint8Array(tcp.view.buffer);
  return {
    source: [ip.source(0), ip.source(1), ip.source(2), ip.source(3)],
    sourcePort: tcp.sourcePort,
    destination: [ip.destination(0), ip.destination(1), ip.destination(2), ip.destination(3)],
    destinationPort: tcp.destinationPort,
    seq: tcp.seq,
    ack: tcp.ack,
    flags: tcp.flags,
    window: tcp.window,
    mssBytes: options.mssBytes,
    windowScale: options.windowScale,
    hasTimestamps: options.hasTimestamps,
    tsVal: options.tsVal,
    tsEcr: options.tsEcr,
    payload: tcp.payloadAt === end ? NOTHING : bytes.slice(tcp.payloadAt, end),
  };
}

const names: readonly [number, string][] = [
  [SYN, 'S'],
  [FIN, 'F'],
  [RST, 'R'],
  [PSH, 'P'],
  [ACK, '.'],
];

/** One line in the manner of tcpdump. */
export function describePacket(packet: Packet): string {
  const flags = names.map(([bit, name]) => ((packet.flags & bit) !== 0 ? name : '')).join('');
  const options = [
    packet.mssBytes > 0 ? `mss ${packet.mssBytes}` : '',
    packet.windowScale >= 0 ? `ws ${packet.windowScale}` : '',
    packet.hasTimestamps ? `ts ${packet.tsVal}` : '',
  ];
  const ends = `${formatAddress(packet.source)}.${packet.sourcePort} > ${formatAddress(packet.destination)}.${packet.destinationPort}`;
  return `${ends} [${flags}] seq ${packet.seq} ack ${packet.ack} win ${packet.window} len ${packet.payload.length} ${options.filter(Boolean).join(' ')}`;
}
