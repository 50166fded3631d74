// The portable backend: npm cap in, npm raw-socket out, ordinary memory. Slower, and the reference the ring is tested against.
import { networkInterfaces } from 'node:os';
import { parseAddress } from '../address.ts';
import { PACKET_HOST, PACKET_OTHERHOST, PACKET_OUTGOING } from '../bpf.ts';
import { runBpf } from '../bpf-run.ts';
import { type CaptureFilter, type Io, type IoOptions, OUTGOING } from '../contract.ts';
import { FrameQueue, ordinaryMemory } from '../frame-queue.ts';
import { ipOffset, LINK_ETHERNET, LINK_NULL, LINK_RAW, LINK_SLL, packetType } from '../link-type.ts';
import { SLOTS_BYTES } from '../slot-inject.ts';
import { openRawInject } from './inject.ts';
import { type CapHandle, type CapModule, loadCap } from './modules.ts';

const DEFAULT_RING_BYTES = 16 * 1024 * 1024;
/** libpcap's own buffer: at 64 KiB per frame, its size with offloads on, about 512 frames. */
const KERNEL_BUFFER_BYTES = 32 * 1024 * 1024;
const PACKET_BYTES = 65_536;

const linkTypes: Record<string, number> = { ETHERNET: LINK_ETHERNET, LINKTYPE_LINUX_SLL: LINK_SLL, RAW: LINK_RAW, NULL: LINK_NULL };

/**
 * Capture and send with the modules that npm offers. What cap does not tell is missing here: times are when JavaScript saw the
 * frame (µs of the process clock), not the kernel's; `dropped` does not include what the kernel lost; CHECKSUM_PARTIAL is never
 * set. OUTGOING is what the interface's own MAC or, without one, a local address sent. libpcap filters by the expression, which
 * spares the work, then the program decides, here, exactly as in the kernel: `inbound` and `outbound` in an expression are not
 * to be relied on, because libpcap rejects the first frame after setting such a filter.
 * Throws a sentence if a module is not built, the interface does not exist, a capability is missing or the filter is not valid.
 */
export function openPcap(options: Omit<IoOptions, 'io'>): Io {
  const { interfaceName, storeBytes, ringBytes = DEFAULT_RING_BYTES } = options;
  const { Cap } = loadCap();
  const storeAt = ringBytes + (options.inject ? SLOTS_BYTES : 0);
  const memory = ordinaryMemory(storeAt + storeBytes);
  const packet = Buffer.alloc(PACKET_BYTES);
  let source = openSource(Cap, interfaceName, options.filter, packet);

  let { filter } = options;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const typeOf = packetTypes(interfaceName);
  const onPacket = (lengthBytes: number, truncated: boolean): void => {
    const ip = ipOffset(view, 0, lengthBytes, source.linkType);
    if (ip < 0) return;
    const type = typeOf(view, ip, lengthBytes, source.linkType);
    const facts = { packetType: type, protocol: view.getUint8(ip) >> 4 === 4 ? 0x0800 : 0x86dd };
    const keptBytes = runBpf(filter.program, packet.subarray(ip, lengthBytes), facts);
    if (keptBytes === 0) return;
    if (truncated) capture.countTruncated();
    const nowUs = (performance.timeOrigin + performance.now()) * 1000;
    capture.push(packet, ip, keptBytes, lengthBytes - ip, nowUs, type === PACKET_OUTGOING ? OUTGOING : 0);
  };
  const capture = new FrameQueue(
    memory,
    ringBytes,
    (nextFilter) => {
      // cap cannot change a filter. What waits in the old buffer is lost; a filter that is not valid leaves the old one.
      const next = openSource(Cap, interfaceName, nextFilter, packet);
      closeSource(source.handle);
      source = next;
      filter = nextFilter;
      source.handle.on('packet', onPacket);
    },
    () => closeSource(source.handle),
  );
  source.handle.on('packet', onPacket);
  try {
    const inject = options.inject ? openRawInject(memory, ringBytes) : null;
    return {
      backend: 'pcap',
      why: `libpcap through npm cap on ${interfaceName}${inject === null ? '' : ', npm raw-socket for sending'}`,
      memory,
      storeAt,
      storeBytes,
      capture,
      inject,
      stage: () => null,
      discard() {}, // ordinary memory
      close() {
        capture.close();
        inject?.close();
      },
    };
  } catch (error) {
    capture.close();
    throw error;
  }
}

/**
 * A Cap must never be collected. One whose open failed kills the process (its destructor stops a poll that never began), and one that was closed leaves its
 * poll handle, which it never gives back, in libuv's list of handles: what is entered or taken out beside it then is written to memory that was freed.
 */
const keptForever: CapHandle[] = [];

function closeSource(handle: CapHandle): void {
  handle.close();
  handle.removeAllListeners(); // they hold on to the memory
  keptForever.push(handle);
}

function openSource(Cap: CapModule['Cap'], interfaceName: string, filter: CaptureFilter, packet: Buffer): { handle: CapHandle; linkType: number } {
  const handle = new Cap();
  let name: string;
  try {
    name = handle.open(interfaceName, filter.expression, KERNEL_BUFFER_BYTES, packet);
  } catch (cause) {
    keptForever.push(handle);
    throw new Error(openFailure(interfaceName, filter, cause instanceof Error ? cause.message : String(cause)), { cause });
  }
  const linkType = linkTypes[name];
  if (linkType !== undefined) return { handle, linkType };
  closeSource(handle);
  throw new Error(`cannot capture on ${interfaceName}: frames of link type ${name} are not understood`);
}

function openFailure(interfaceName: string, filter: CaptureFilter, words: string): string {
  if (/no such device/i.test(words)) return `no interface "${interfaceName}": this host has ${Object.keys(networkInterfaces()).join(', ')}`;
  if (/permi/i.test(words)) return `cannot capture on ${interfaceName}: CAP_NET_RAW is missing; run as root or grant it with setcap cap_net_raw+ep`;
  if (/filter|syntax|parse/i.test(words)) return `filter "${filter.expression}" is not valid: ${words}`;
  return `cannot capture on ${interfaceName}: ${words}`;
}

/** sll_pkttype of a frame, from the MAC addresses or else the source address. On loopback libpcap shows each frame once, as received. */
function packetTypes(interfaceName: string): (view: DataView, ip: number, end: number, linkType: number) => number {
  const all = networkInterfaces();
  const mac = all[interfaceName]?.[0]?.mac.split(':').map((octet) => Number.parseInt(octet, 16)) ?? [];
  const hasMac = mac.some((octet) => octet !== 0);
  const addresses = Object.values(all).flatMap((some) => some ?? []);
  const local = new Set(addresses.map(({ address }) => parseAddress(address.split('%')[0]!).words.join()));
  return (view, ip, end, linkType) => {
    const said = packetType(view, 0, end, linkType);
    if (said >= 0) return said;
    if (linkType === LINK_ETHERNET) {
      if (!hasMac) return PACKET_HOST;
      if (mac.every((octet, index) => view.getUint8(6 + index) === octet)) return PACKET_OUTGOING;
      const isGroup = (view.getUint8(0) & 1) === 1;
      return isGroup || mac.every((octet, index) => view.getUint8(index) === octet) ? PACKET_HOST : PACKET_OTHERHOST;
    }
    const words = view.getUint8(ip) >> 4 === 4 ? [0, 0, 0xffff, view.getInt32(ip + 12)] : [8, 12, 16, 20].map((at) => view.getInt32(ip + at));
    return local.has(words.join()) ? PACKET_OUTGOING : PACKET_HOST;
  };
}
