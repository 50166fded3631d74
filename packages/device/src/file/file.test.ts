import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tcpPacket } from '../conformance/packets.ts';
import { OUTGOING } from '../contract.ts';
import { readCapture } from './read.ts';
import { type CaptureFormat, type WrittenFrame, writeCapture } from './write.ts';

const words = { from: '10.0.0.9', to: '10.0.0.1', fromPort: 40_000, toPort: 80 };
const ip = tcpPacket({ ...words, payload: new Uint8Array([1, 2, 3]) });
const atUs = 1_790_000_000_123_456;

const file = (frames: WrittenFrame[], format: CaptureFormat) => Buffer.concat([...writeCapture(frames, format)]);
const read = (bytes: Uint8Array) =>
  [...readCapture(bytes)].map((frame) => ({ ...frame, hex: Buffer.from(bytes.subarray(frame.at, frame.at + frame.lengthBytes)).toString('hex') }));

test.each<[CaptureFormat, number, number]>([
  ['pcap', atUs, 0],
  ['pcap-ns', atUs + 0.5, 0],
  ['pcapng', atUs + 0.5, OUTGOING],
])('what is written as %s is read back', (format, capturedAtUs, flags) => {
  const ipv6 = tcpPacket({ ...words, from: 'fd00::9', to: 'fd00::1' });
  const bytes = file(
    [
      { bytes: ip, capturedAtUs, flags },
      { bytes: ipv6, wireBytes: 3000, capturedAtUs: capturedAtUs + 1 },
    ],
    format,
  );
  expect(read(bytes).map(({ at, ...frame }) => frame)).toEqual([
    { lengthBytes: ip.length, wireBytes: ip.length, capturedAtUs, flags, hex: Buffer.from(ip).toString('hex') },
    { lengthBytes: ipv6.length, wireBytes: 3000, capturedAtUs: capturedAtUs + 1, flags: 0, hex: Buffer.from(ipv6).toString('hex') },
  ]);
});

/** A classic file with one record, in either byte order. */
function classic(linkType: number, frame: Uint8Array, { little = true, nanoseconds = false } = {}): Uint8Array {
  const view = new DataView(new ArrayBuffer(40 + frame.length));
  const header = [nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 0, 0, 0, 65_535, linkType, 1000, 7000, frame.length, frame.length + 10];
  for (const [index, value] of header.entries()) view.setUint32(index * 4, value, little);
  new Uint8Array(view.buffer).set(frame, 40);
  return new Uint8Array(view.buffer);
}

const bytes = (hex: string) => Buffer.concat([Buffer.from(hex.replaceAll(' ', ''), 'hex'), ip]);
const macs = '020000000001 020000000002';

test.each<[string, number, Uint8Array, number, number]>([
  ['RAW', 101, bytes(''), 0, 0],
  ['RAW by its other number', 12, bytes(''), 0, 0],
  ['ETHERNET', 1, bytes(`${macs} 0800`), 14, 0],
  ['ETHERNET with a VLAN tag', 1, bytes(`${macs} 8100 0064 0800`), 18, 0],
  ['ETHERNET with two', 1, bytes(`${macs} 88a8 0064 8100 0065 0800`), 22, 0],
  ['LINUX_SLL, sent', 113, bytes('0004 0001 0006 0200000000010000 0800'), 16, OUTGOING],
  ['LINUX_SLL, received', 113, bytes('0000 0001 0006 0200000000010000 0800'), 16, 0],
  ['LINUX_SLL2, sent', 276, bytes('0800 0000 00000002 0001 04 06 0200000000010000'), 20, OUTGOING],
  ['NULL', 0, bytes('02000000'), 4, 0],
])('link type %s', (_, linkType, frame, headerBytes, flags) => {
  const expected = { at: 40 + headerBytes, lengthBytes: ip.length, wireBytes: ip.length + 10, flags };
  for (const little of [true, false]) {
    expect(read(classic(linkType, frame, { little }))).toMatchObject([{ ...expected, capturedAtUs: 1_000_007_000 }]);
    expect(read(classic(linkType, frame, { little, nanoseconds: true }))).toMatchObject([{ ...expected, capturedAtUs: 1_000_000_007 }]);
  }
});

test.each([
  ['ARP', `${macs} 0806`],
  ['three VLAN tags', `${macs} 8100 0001 8100 0002 8100 0003 0800`],
])('%s is passed over', (_, hex) => {
  expect(read(classic(1, bytes(hex)))).toEqual([]);
});

/** A big-endian pcapng file, to see the other byte order and what the writer never writes. */
function bigEndian(blocks: [type: number, body: string][]): Uint8Array {
  return Buffer.concat(
    blocks.map(([type, hex]) => {
      const body = Buffer.from(hex.replaceAll(' ', ''), 'hex');
      const block = Buffer.alloc(body.length + 12);
      block.writeUInt32BE(type, 0);
      block.writeUInt32BE(block.length, 4);
      body.copy(block, 8);
      block.writeUInt32BE(block.length, block.length - 4);
      return block;
    }),
  );
}
const section: [number, string] = [0x0a0d0d0a, '1a2b3c4d 0001 0000 ffffffffffffffff'];
const padded = Buffer.concat([ip, Buffer.alloc(-ip.length & 3)]).toString('hex');
const size = ip.length.toString(16).padStart(8, '0');

test.each([
  ['microseconds by default', '', 0x20 + 0x100000000],
  ['if_tsresol 10^-3', '0009 0001 03000000', (0x20 + 0x100000000) * 1000],
  ['if_tsresol 2^-10', '0009 0001 8a000000', ((0x20 + 0x100000000) * 1e6) / 1024],
  ['if_tsoffset 5 s', '000e 0008 0000000000000005', 0x20 + 0x100000000 + 5e6],
])('pcapng time: %s', (_, options, capturedAtUs) => {
  const blocks: [number, string][] = [section, [1, `0065 0000 00040000 ${options}`], [6, `00000000 00000001 00000020 ${size} ${size} ${padded}`]];
  expect(read(bigEndian(blocks))).toMatchObject([{ capturedAtUs, lengthBytes: ip.length }]);
});

test('a simple packet block has no time and is cut at the snap length; unknown blocks are passed over', () => {
  const cut = Buffer.from(ip.subarray(0, 40)).toString('hex');
  const blocks: [number, string][] = [section, [1, '0065 0000 00000028'], [0xbad, '00000000'], [3, `${size} ${cut}`]];
  expect(read(bigEndian(blocks))).toMatchObject([{ capturedAtUs: 0, lengthBytes: 40, wireBytes: ip.length }]);
});

test.each<[string, Uint8Array, string]>([
  ['no bytes', new Uint8Array(), 'it has 0 bytes (at byte 0)'],
  ['another file', Buffer.from('<html><body></body></html>'), 'it begins with 0x3c68746d (at byte 0)'],
  ['a header cut off', file([], 'pcap').subarray(0, 20), 'the file header is cut off (at byte 20)'],
  ['an unknown link type', classic(195, ip), 'link type 195 is not one of'],
  ['a record cut off', file([{ bytes: ip, capturedAtUs: 0 }], 'pcap').subarray(0, 50), 'a record claims 43 bytes and 10 are left (at byte 24)'],
  ['a record header cut off', file([{ bytes: ip, capturedAtUs: 0 }], 'pcap').subarray(0, 30), 'a record header is cut off (at byte 24)'],
  ['a block cut off', file([{ bytes: ip, capturedAtUs: 0 }], 'pcapng').subarray(0, 90), 'a block claims 88 bytes and 30 are left (at byte 60)'],
  [
    'a packet without interface',
    bigEndian([section, [6, `00000000 00000001 00000020 ${size} ${size} ${padded}`]]),
    'a packet names interface 0 of 0 (at byte 36)',
  ],
  ['a block of no length', bigEndian([section]).map((byte, at) => (at > 3 && at < 8 ? 0 : byte)), 'a block claims 0 bytes (at byte 0)'],
])('%s is an error that names the byte', (_, hostile, words) => {
  expect(() => read(hostile)).toThrow(words);
});

test('hostile bytes give frames inside the file or an error that names the byte', () => {
  const whole = (['pcap', 'pcap-ns', 'pcapng'] as const).map((format) =>
    file(
      Array.from({ length: 3 }, (_, index) => ({ bytes: ip, capturedAtUs: atUs + index, flags: index % 2 })),
      format,
    ),
  );
  const mutation = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 });
  fc.assert(
    fc.property(fc.nat(2), mutation, fc.nat(), (which, changes, cut) => {
      const hostile = new Uint8Array(whole[which]!);
      for (const [at, value] of changes) hostile[at % hostile.length] = value;
      const end = cut % 3 === 0 ? cut % hostile.length : hostile.length;
      try {
        for (const frame of readCapture(hostile.subarray(0, end)))
          expect(frame.at >= 0 && frame.lengthBytes >= 0 && frame.at + frame.lengthBytes <= end).toBe(true);
      } catch (error) {
        expect(String(error)).toMatch(/this capture file cannot be read: .* \(at byte \d+\)/);
      }
    }),
    { numRuns: 3000, seed: 7 },
  );
});
