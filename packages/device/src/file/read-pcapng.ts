// pcapng: blocks in sections (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng).
import { OUTGOING } from '../contract.ts';
import { checkLinkType, type FileFrame, fileError, frameAtIp } from './frame.ts';

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;
const EPB_FLAGS = 2;
const OUTBOUND = 2; // bits 0-1 of epb_flags

interface Interface {
  readonly linkType: number;
  readonly snapBytes: number;
  /** Units of a time stamp in one second. */
  readonly perSecond: bigint;
  readonly offsetSeconds: bigint;
}

/** Blocks of other types are passed over. */
export function* readPcapng(view: DataView): Generator<FileFrame> {
  let little = false;
  let interfaces: Interface[] = [];
  let at = 0;
  while (at < view.byteLength) {
    if (at + 12 > view.byteLength) throw fileError('a block header is cut off', at);
    if (view.getUint32(at) === SECTION) {
      little = sectionOrder(view, at);
      interfaces = [];
    }
    const type = view.getUint32(at, little);
    const blockBytes = view.getUint32(at + 4, little);
    if (blockBytes < 12 || blockBytes % 4 !== 0) throw fileError(`a block claims ${blockBytes} bytes`, at);
    if (at + blockBytes > view.byteLength) throw fileError(`a block claims ${blockBytes} bytes and ${view.byteLength - at} are left`, at);
    const end = at + blockBytes - 4;
    if (view.getUint32(end, little) !== blockBytes) throw fileError('the lengths at both ends of a block differ', end);
    if (type === INTERFACE) interfaces.push(readInterface(view, at, end, little));
    const frame =
      type === ENHANCED_PACKET
        ? readEnhanced(view, at, end, little, interfaces)
        : type === SIMPLE_PACKET
          ? readSimple(view, at, end, little, interfaces)
          : null;
    if (frame !== null) yield frame;
    at += blockBytes;
  }
}

/** True for little endian. */
function sectionOrder(view: DataView, at: number): boolean {
  if (view.getUint32(at + 8) === BYTE_ORDER_MAGIC) return false;
  if (view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC) return true;
  throw fileError('a section has no byte-order magic', at + 8);
}

function readInterface(view: DataView, at: number, end: number, little: boolean): Interface {
  if (at + 16 > end) throw fileError('an interface block is too short', at);
  const linkType = view.getUint16(at + 8, little);
  checkLinkType(linkType, at + 8);
  let perSecond = 1_000_000n;
  let offsetSeconds = 0n;
  for (const option of options(view, at + 16, end, little)) {
    if (option.code === IF_TSRESOL && option.bytes === 1) {
      const resolution = view.getUint8(option.at);
      perSecond = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
    }
    if (option.code === IF_TSOFFSET && option.bytes === 8) offsetSeconds = view.getBigInt64(option.at, little);
  }
  return { linkType, snapBytes: view.getUint32(at + 12, little), perSecond, offsetSeconds };
}

function readEnhanced(view: DataView, at: number, end: number, little: boolean, interfaces: readonly Interface[]): FileFrame | null {
  if (at + 28 > end) throw fileError('a packet block is too short', at);
  const number = view.getUint32(at + 8, little);
  const from = interfaces[number];
  if (from === undefined) throw fileError(`a packet names interface ${number} of ${interfaces.length}`, at + 8);
  const units = (BigInt(view.getUint32(at + 12, little)) << 32n) | BigInt(view.getUint32(at + 16, little));
  const keptBytes = view.getUint32(at + 20, little);
  const dataAt = at + 28;
  if (dataAt + keptBytes > end) throw fileError(`a packet claims ${keptBytes} bytes and its block has ${end - dataAt}`, at + 20);
  const frame = frameAtIp(view, dataAt, keptBytes, view.getUint32(at + 24, little), from.linkType, timeUs(units, from));
  if (frame === null) return null;
  for (const option of options(view, dataAt + ((keptBytes + 3) & ~3), end, little)) {
    if (option.code === EPB_FLAGS && option.bytes === 4 && (view.getUint32(option.at, little) & 3) === OUTBOUND) return { ...frame, flags: OUTGOING };
  }
  return frame;
}

/** No time and no interface: it is the first one's. */
function readSimple(view: DataView, at: number, end: number, little: boolean, interfaces: readonly Interface[]): FileFrame | null {
  const from = interfaces[0];
  if (from === undefined) throw fileError('a packet comes before any interface', at);
  if (at + 12 > end) throw fileError('a packet block is too short', at);
  const wireBytes = view.getUint32(at + 8, little);
  const keptBytes = from.snapBytes === 0 ? wireBytes : Math.min(wireBytes, from.snapBytes);
  const dataAt = at + 12;
  if (dataAt + keptBytes > end) throw fileError(`a packet claims ${keptBytes} bytes and its block has ${end - dataAt}`, at + 8);
  return frameAtIp(view, dataAt, keptBytes, wireBytes, from.linkType, 0);
}

function timeUs(units: bigint, { perSecond, offsetSeconds }: Interface): number {
  const scaled = units * 1_000_000n;
  return Number(offsetSeconds * 1_000_000n + scaled / perSecond) + Number(scaled % perSecond) / Number(perSecond);
}

/** Options up to the end mark or the end of the block. */
function* options(view: DataView, from: number, end: number, little: boolean): Generator<{ code: number; at: number; bytes: number }> {
  let at = from;
  while (at + 4 <= end) {
    const code = view.getUint16(at, little);
    const bytes = view.getUint16(at + 2, little);
    if (code === 0) return;
    if (at + 4 + bytes > end) throw fileError(`an option claims ${bytes} bytes`, at);
    yield { code, at: at + 4, bytes };
    at += 4 + ((bytes + 3) & ~3);
  }
}
