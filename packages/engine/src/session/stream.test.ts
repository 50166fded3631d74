import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rig } from '../testing/rig.ts';

type Segment = { from: number; bytes: Uint8Array };

/**
 * What Linux would hand to the application, written from tcp_data_queue, tcp_data_queue_ofo and tcp_ofo_queue (net/ipv4/tcp_input.c),
 * without the coalescing that depends on how a card fills its buffers.
 */
function linux(segments: readonly Segment[]): number[] {
  const stream: number[] = [];
  let queue: Segment[] = [];
  for (const segment of segments) {
    const end = segment.from + segment.bytes.length;
    if (end <= stream.length) continue;
    if (segment.from <= stream.length) {
      stream.push(...segment.bytes.subarray(stream.length - segment.from));
      while (queue.length > 0 && queue[0]!.from <= stream.length) {
        const first = queue.shift()!;
        if (first.from + first.bytes.length > stream.length) stream.push(...first.bytes.subarray(stream.length - first.from));
      }
      continue;
    }
    const endOf = ({ from, bytes }: Segment) => from + bytes.length;
    if (queue.some((each) => each.from <= segment.from && endOf(each) >= end)) continue; // "all the bits are present"
    queue = queue.filter((each) => !(each.from >= segment.from && endOf(each) <= end)); // covered: replaced or removed
    queue.push(segment);
    queue.sort((a, b) => a.from - b.from);
  }
  return stream;
}

/** Some begin the stream, so that gaps close; few places, so that segments meet. */
const from = fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 5, arbitrary: fc.integer({ min: 0, max: 60 }) });
const segments = fc.array(fc.record({ from, length: fc.integer({ min: 1, max: 30 }) }), { minLength: 1, maxLength: 25 });

test('the copies say what Linux would have read, whatever overlaps, contradicts or wraps', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(segments, fc.constantFrom(1000, -50, -2, 0x7fffffd0), fc.constantFrom(16, 48, 1460), (plan, clientIss, mtuPayload) => {
      const rig = new Rig({ pacing: 'window', clientIss, limits: { mtuBytes: mtuPayload === 1460 ? 1500 : 40 + 64 + mtuPayload } });
      rig.opened();
      // Every segment has bytes of its own, so that it shows whose were taken.
      const said = plan.map(({ from, length }, index) => ({ from, bytes: new Uint8Array(length).fill(index + 1) }));
      for (const { from, bytes } of said) rig.client('P.', { seq: from, payload: bytes });
      const stream: number[] = [];
      for (const { seq, payload } of rig.packets) {
        if (payload.length === 0) continue;
        expect((seq - clientIss - 1) | 0).toBe(stream.length); // nothing is lost here: each byte goes once, in order
        stream.push(...payload);
      }
      expect(stream).toEqual(linux(said));
      rig.stop().wait(5000);
      expect(rig.engine.storeUsedBytes).toBe(0);
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['one that closes the gap', [5, 'fghij', 0, 'abcde'], 'abcdefghij'],
  ['kept bytes win over later ones', [5, 'FGHIJ', 7, 'hijkl', 0, 'abcde'], 'abcdeFGHIJkl'],
  ['of two that start alike the first wins', [5, 'FGHIJ', 5, 'fgh', 5, 'fghij', 0, 'abcde'], 'abcdeFGHIJ'],
  ['a later one that covers a kept one wins', [5, 'FG', 4, 'efghi', 0, 'abcd'], 'abcdefghi'],
  ['bytes in order win over kept ones', [5, 'FGHIJ', 0, 'abcdefg'], 'abcdefgHIJ'],
  ['known bytes are not said again', [0, 'abc', 0, 'abc', 1, 'BC'], 'abc'],
  ['a keep-alive with a byte of garbage is not said', [0, 'abc', 2, 'X', 3, 'd'], 'abcd'],
])('%s', (_, said, expected) => {
  const rig = new Rig({ pacing: 'window' }).opened();
  for (let index = 0; index < said.length; index += 2) rig.client('.', { seq: said[index] as number, payload: said[index + 1] as string });
  expect(rig.packets.map(({ payload }) => new TextDecoder().decode(payload)).join('')).toBe(expected);
});

test('PSH comes only where the client pushed: on the last piece of its segment', () => {
  const rig = new Rig({ pacing: 'window' }).opened();
  rig.client('P.', { payload: new Uint8Array(3000) }).client('.', { seq: 3000, payload: 'abc' });
  expect(rig.take()).toEqual(['. 0 ack 0 1460 bytes', '. 1460 ack 0 1460 bytes', 'P. 2920 ack 0 80 bytes', '. 3000 ack 0 abc']);
});
