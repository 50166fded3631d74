import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ACK,
  addToSum,
  completeChecksum,
  extendPartialSegment,
  FIN,
  finishSum,
  formatAddress,
  IpView,
  PSH,
  parseAddress,
  Segment,
  SYN,
  TcpOptions,
  TcpView,
  URG,
  writePartialSegment,
  writeSegment,
} from './index.ts';

const memory = new Uint8Array(1 << 17);
const view = new DataView(memory.buffer);

test('a segment reads as it was written, for both IP versions, and its checksums are right', () => {
  fc.assert(
    fc.property(
      fc.record({
        v6: fc.boolean(),
        seq: fc.integer(),
        ack: fc.integer(),
        sourcePort: fc.integer({ min: 1, max: 65535 }),
        window: fc.integer({ min: 0, max: 65535 }),
        flags: fc.constantFrom(SYN, ACK, ACK | PSH, ACK | FIN, ACK | URG),
        urgentPointer: fc.integer({ min: 0, max: 65535 }),
        mssBytes: fc.constantFrom(0, 536, 1460, 8960),
        windowScale: fc.integer({ min: -1, max: 14 }),
        ts: fc.option(fc.tuple(fc.integer(), fc.integer())),
        payload: fc.uint8Array({ maxLength: 3000 }),
      }),
      (given) => {
        const segment = new Segment();
        segment.source = parseAddress(given.v6 ? 'fd90::10' : '10.90.0.10')!;
        segment.destination = parseAddress(given.v6 ? 'fd90:1::21' : '10.90.1.21')!;
        Object.assign(segment, {
          seq: given.seq,
          ack: given.ack,
          sourcePort: given.sourcePort,
          destinationPort: 6379,
          window: given.window,
          flags: given.flags,
          urgentPointer: given.urgentPointer,
        });
        Object.assign(segment, { mssBytes: given.mssBytes, windowScale: given.windowScale });
        if (given.ts) Object.assign(segment, { hasTimestamps: true, tsVal: given.ts[0], tsEcr: given.ts[1] });
        memory.set(given.payload, 70_000);
        Object.assign(segment, { payloadAt: 70_000, payloadBytes: given.payload.length });

        const lengthBytes = writeSegment(view, memory, 100, segment);
        const ip = new IpView(view);
        const tcp = new TcpView(view);
        const options = new TcpOptions();
        expect(ip.moveTo(100, 100 + lengthBytes, lengthBytes)).toBe(true);
        expect(ip.totalBytes).toBe(lengthBytes);
        expect(formatAddress([ip.source(0), ip.source(1), ip.source(2), ip.source(3)])).toBe(given.v6 ? 'fd90::10' : '10.90.0.10');
        expect(formatAddress([ip.destination(0), ip.destination(1), ip.destination(2), ip.destination(3)])).toBe(given.v6 ? 'fd90:1::21' : '10.90.1.21');
        expect(tcp.moveTo(ip.payloadAt, 100 + lengthBytes)).toBe(true);
        expect(options.read(view, tcp.at + 20, tcp.payloadAt)).toBe(true);
        expect([tcp.seq, tcp.ack, tcp.sourcePort, tcp.destinationPort, tcp.window, tcp.flags, tcp.urgentPointer]).toEqual([
          given.seq,
          given.ack,
          given.sourcePort,
          6379,
          given.window,
          given.flags,
          given.urgentPointer,
        ]);
        expect([options.mssBytes, options.windowScale]).toEqual([given.mssBytes, given.windowScale]);
        expect(given.ts ? [options.tsVal, options.tsEcr] : options.hasTimestamps).toEqual(given.ts ?? false);
        expect(memory.subarray(tcp.payloadAt, 100 + lengthBytes)).toEqual(given.payload);

        if (!given.v6) expect(finishSum(addToSum(view, 100, 20, 0))).toBe(0);
        const addresses = given.v6 ? addToSum(view, 108, 32, 0) : addToSum(view, 112, 8, 0);
        const tcpBytes = 100 + lengthBytes - tcp.at;
        expect(finishSum(addToSum(view, tcp.at, tcpBytes, addresses + 6 + tcpBytes))).toBe(0);
      },
    ),
    { numRuns: 300 },
  );
});

test('any bytes at all are read or refused, never thrown at', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 70_000 }), (bytes, wireBytes) => {
      const hostile = new Uint8Array(bytes.length);
      hostile.set(bytes);
      const at = new DataView(hostile.buffer);
      const ip = new IpView(at);
      const tcp = new TcpView(at);
      if (ip.moveTo(0, bytes.length, wireBytes) && tcp.moveTo(ip.payloadAt, bytes.length)) new TcpOptions().read(at, tcp.at + 20, tcp.payloadAt);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['zero bytes', [], 0xffff],
  ['the example of RFC 1071 §3', [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7], 0x220d],
  ['an odd count pads with zero', [0x01], 0xfeff],
])('checksum of %s', (_, bytes, expected) => {
  expect(finishSum(addToSum(new DataView(Uint8Array.from(bytes).buffer), 0, bytes.length, 0))).toBe(expected);
});

test('a packet that grew in place is the packet written at once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 1460 }), { minLength: 1, maxLength: 40 }),
      fc.boolean(),
      fc.integer(),
      (payloads, hasTimestamps, seq) => {
        const segment = new Segment();
        segment.source = parseAddress('10.90.0.10')!;
        segment.destination = parseAddress('10.90.1.21')!;
        Object.assign(segment, { sourcePort: 40_000, destinationPort: 6379, seq, ack: 7, flags: ACK, window: 65_535, hasTimestamps, tsVal: 1, tsEcr: 2 });
        let lengthBytes = 0;
        for (const [index, payload] of payloads.entries()) {
          memory.set(payload, 120_000);
          segment.flags = index === payloads.length - 1 ? ACK | PSH : ACK;
          Object.assign(segment, { payloadAt: 120_000, payloadBytes: payload.length });
          lengthBytes = index === 0 ? writePartialSegment(view, memory, 0, segment) : extendPartialSegment(view, memory, 0, lengthBytes, segment);
        }
        completeChecksum(view, 0, lengthBytes);
        const grown = memory.slice(0, lengthBytes);

        const whole = Buffer.concat(payloads);
        memory.set(whole, 62_000);
        Object.assign(segment, { payloadAt: 62_000, payloadBytes: whole.length });
        expect(writeSegment(view, memory, 0, segment)).toBe(lengthBytes);
        expect(Buffer.compare(memory.subarray(0, lengthBytes), grown)).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});
