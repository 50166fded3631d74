// pcap and pcapng files as frames at their IP header. Whatever the bytes are: frames, or an Error that names the byte.
import { checkLinkType, type FileFrame, fileError, frameAtIp } from './frame.ts';
import { readPcapng } from './read-pcapng.ts';

const PCAPNG_SECTION = 0x0a0d0d0a;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/**
 * Read a whole file: classic pcap (microseconds or nanoseconds, either byte order) or pcapng. Frames that are not IP are passed
 * over. Throws naming the byte offset if the bytes are no such file, end inside a record, or use an unknown link type.
 */
export function readCapture(bytes: Uint8Array): Generator<FileFrame> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) throw fileError(`it has ${bytes.length} bytes`, 0);
  return view.getUint32(0) === PCAPNG_SECTION ? readPcapng(view) : readPcap(view);
}

/** https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap: 24 bytes of header, then records of 16 bytes and data. */
function* readPcap(view: DataView): Generator<FileFrame> {
  const magic = view.getUint32(0);
  const format = formats.get(magic);
  if (format === undefined) throw fileError(`it begins with 0x${magic.toString(16).padStart(8, '0')}`, 0);
  if (view.byteLength < FILE_HEADER_BYTES) throw fileError('the file header is cut off', view.byteLength);
  const { little, perUs } = format;
  const linkType = view.getUint32(20, little) & 0xffff; // the rest says how long the FCS is
  checkLinkType(linkType, 20);
  let at = FILE_HEADER_BYTES;
  while (at < view.byteLength) {
    if (at + RECORD_HEADER_BYTES > view.byteLength) throw fileError('a record header is cut off', at);
    const capturedAtUs = view.getUint32(at, little) * 1e6 + view.getUint32(at + 4, little) / perUs;
    const keptBytes = view.getUint32(at + 8, little);
    const wireBytes = view.getUint32(at + 12, little);
    const dataAt = at + RECORD_HEADER_BYTES;
    if (dataAt + keptBytes > view.byteLength) throw fileError(`a record claims ${keptBytes} bytes and ${view.byteLength - dataAt} are left`, at);
    const frame = frameAtIp(view, dataAt, keptBytes, wireBytes, linkType, capturedAtUs);
    if (frame !== null) yield frame;
    at = dataAt + keptBytes;
  }
}

/** By magic number as its four bytes stand in the file. */
const formats = new Map([
  [0xa1b2c3d4, { little: false, perUs: 1 }],
  [0xd4c3b2a1, { little: true, perUs: 1 }],
  [0xa1b23c4d, { little: false, perUs: 1000 }],
  [0x4d3cb2a1, { little: true, perUs: 1000 }],
]);
