// What was on a wire of the lab, header by header: tcpdump records, this project's own file reader and views read.
import { readCapture } from '@parallax/device';
import type { Host, Lab } from '@parallax/lab';
import { formatAddress, IpView, PROTOCOL_TCP, TcpOptions, TcpView } from '@parallax/wire';
import { recordCapture } from '../scenario/support.ts';

export const [FIN, SYN, RST, PSH, ACK, ECE, CWR] = [0x01, 0x02, 0x04, 0x08, 0x10, 0x40, 0x80];
export const SACK = 5;
export const TIMESTAMPS = 8;
export const MPTCP = 30;
export const FAST_OPEN = 34;

export interface Packet {
  atUs: number;
  /** As "10.90.0.10:40112". */
  from: string;
  to: string;
  ipBytes: number;
  ttl: number;
  dscp: number;
  /** The two ECN bits of the IP header. */
  ecn: number;
  seq: number;
  ack: number;
  flags: number;
  window: number;
  payloadBytes: number;
  /** Kinds of all options, in order, without padding. */
  kinds: number[];
  mssBytes: number;
  windowScale: number;
  tsVal: number;
  hasValidChecksum: boolean;
}

/** Record TCP packets on a host's interface until `take`. */
export async function recordHeaders(lab: Lab, host: Host, filter: string): Promise<{ take(): Promise<Packet[]> }> {
  const recorded = await recordCapture(lab, host, filter);
  return { take: async () => readPackets(await recorded.take()) };
}

function readPackets(bytes: Uint8Array): Packet[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ip = new IpView(view);
  const tcp = new TcpView(view);
  const options = new TcpOptions();
  return [...readCapture(bytes)].map(({ at, lengthBytes, wireBytes, capturedAtUs }) => {
    if (!ip.moveTo(at, at + lengthBytes, wireBytes) || !tcp.moveTo(ip.payloadAt, at + lengthBytes))
      throw new Error('tcpdump recorded something that is not TCP');
    options.read(view, tcp.at + 20, tcp.payloadAt);
    const trafficClass = ip.version === 4 ? view.getUint8(at + 1) : (view.getUint16(at) >> 4) & 0xff;
    return {
      atUs: capturedAtUs,
      from: `${formatAddress([ip.source(0), ip.source(1), ip.source(2), ip.source(3)])}:${tcp.sourcePort}`,
      to: `${formatAddress([ip.destination(0), ip.destination(1), ip.destination(2), ip.destination(3)])}:${tcp.destinationPort}`,
      ipBytes: ip.totalBytes,
      ttl: view.getUint8(ip.version === 4 ? at + 8 : at + 7),
      dscp: trafficClass >> 2,
      ecn: trafficClass & 3,
      seq: tcp.seq,
      ack: tcp.ack,
      flags: tcp.flags,
      window: tcp.window,
      payloadBytes: ip.totalBytes - (tcp.payloadAt - ip.at),
      kinds: kindsOf(view, tcp.at + 20, tcp.payloadAt),
      mssBytes: options.mssBytes,
      windowScale: options.windowScale,
      tsVal: options.tsVal,
      hasValidChecksum: ip.version === 4 && hasValidChecksum(bytes, at, tcp.at, at + ip.totalBytes),
    };
  });
}

function kindsOf(view: DataView, at: number, end: number): number[] {
  const kinds: number[] = [];
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === 0) break;
    if (kind !== 1) kinds.push(kind);
    at += kind === 1 ? 1 : Math.max(view.getUint8(at + 1), 2);
  }
  return kinds;
}

/** RFC 9293 §3.1 over pseudo header and segment, IPv4. */
function hasValidChecksum(bytes: Uint8Array, ipAt: number, tcpAt: number, end: number): boolean {
  let sum = PROTOCOL_TCP + (end - tcpAt);
  const add = (from: number, to: number) => {
    for (let at = from; at < to; at++) sum += (at - from) % 2 === 0 ? bytes[at]! << 8 : bytes[at]!;
  };
  add(ipAt + 12, ipAt + 20);
  add(tcpAt, end);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum === 0xffff;
}
