import { expect, test } from 'vitest';
import { tcpPacket } from '../conformance/packets.ts';
import { AFTER_LOSS, CHECKSUM_PARTIAL, FrameBatch, OUTGOING } from '../contract.ts';
import { HEADER_BYTES, mirrorFilter } from '../filters.ts';
import { openMemory } from './memory.ts';

const filter = mirrorFilter([{ address: '10.0.0.1', port: 80 }]);
const request = (seq: number, bytes = 500) =>
  tcpPacket({ from: '10.0.0.9', to: '10.0.0.1', fromPort: 40_000, toPort: 80, seq, payload: new Uint8Array(bytes).fill(seq) });
const response = tcpPacket({ from: '10.0.0.1', to: '10.0.0.9', fromPort: 80, toPort: 40_000, payload: new Uint8Array(500) });

test('frames come as the filter says: requests whole, responses as headers, others not', () => {
  const io = openMemory({ filter });
  const batch = new FrameBatch();
  io.push({ bytes: request(1), capturedAtUs: 10 });
  io.push({ bytes: response, capturedAtUs: 11.5, outgoing: true, checksumPartial: true });
  io.push({ bytes: request(2), capturedAtUs: 12, outgoing: true });
  expect(io.capture.take(batch)).toBe(2);
  expect([...batch.lengthBytes.subarray(0, 2)]).toEqual([540, HEADER_BYTES]);
  expect([...batch.wireBytes.subarray(0, 2)]).toEqual([540, 540]);
  expect([...batch.capturedAtUs.subarray(0, 2)]).toEqual([10, 11.5]);
  expect([...batch.flags.subarray(0, 2)]).toEqual([0, OUTGOING | CHECKSUM_PARTIAL]);
  expect(io.memory.bytes.slice(batch.at[0]!, batch.at[0]! + 540)).toEqual(request(1));
  io.capture.release();
  expect(io.capture.take(batch)).toBe(0);
});

test('taking again before handing back is a mistake', () => {
  const io = openMemory({ filter });
  io.push({ bytes: request(1), capturedAtUs: 0 });
  io.capture.take(new FrameBatch());
  expect(() => io.capture.take(new FrameBatch())).toThrow('take before release');
});

test('frames without room are counted, and room comes back with release, round and round', () => {
  const io = openMemory({ filter, ringBytes: 4096 });
  const batch = new FrameBatch(3);
  let seq = 0;
  let seen = 0;
  for (let round = 0; round < 50; round++) {
    for (let index = 0; index < 5; index++) io.push({ bytes: request(++seq, 300 + ((seq * 37) % 900)), capturedAtUs: seq });
    for (; io.capture.take(batch) > 0; io.capture.release()) {
      for (let index = 0; index < batch.count; index++) {
        const expected = request(batch.capturedAtUs[index]!, 300 + ((batch.capturedAtUs[index]! * 37) % 900));
        expect(io.memory.bytes.slice(batch.at[index]!, batch.at[index]! + batch.lengthBytes[index]!)).toEqual(expected);
        seen++;
      }
    }
  }
  const { captured, dropped } = io.capture.counters();
  expect(captured).toBe(seen);
  expect(captured + dropped).toBe(250);
  expect(dropped).toBeGreaterThan(0);
});

test('the first frame behind a loss says so', () => {
  const io = openMemory({ filter, ringBytes: 1024 });
  const batch = new FrameBatch();
  const flagsOf = (...seqs: number[]) => {
    for (const seq of seqs) io.push({ bytes: request(seq, 400), capturedAtUs: seq });
    io.capture.take(batch);
    io.capture.release();
    return [...batch.flags.subarray(0, batch.count)];
  };
  expect(flagsOf(1, 2)).toEqual([0, 0]);
  expect(flagsOf(3, 4, 5)).toEqual([0, 0]); // 5 is lost
  expect(flagsOf(6, 7)).toEqual([AFTER_LOSS, 0]);
});

test('the listener is called in bounded rounds until everything is taken', async () => {
  const io = openMemory({ filter });
  const batch = new FrameBatch(64);
  const rounds: number[] = [];
  for (let seq = 1; seq <= 1200; seq++) io.push({ bytes: request(seq, 10), capturedAtUs: seq });
  await new Promise<void>((resolve) => {
    io.capture.onReadable(() => {
      let taken = 0;
      for (; io.capture.take(batch) > 0; io.capture.release()) taken += batch.count;
      rounds.push(taken);
      if (io.capture.counters().captured === 1200) resolve();
    });
  });
  expect(rounds).toEqual([512, 512, 176]);
});

test('a listener that stops early is called again', async () => {
  const io = openMemory({ filter });
  const batch = new FrameBatch(1);
  for (let seq = 1; seq <= 3; seq++) io.push({ bytes: request(seq), capturedAtUs: seq });
  const seen: number[] = [];
  await new Promise<void>((resolve) => {
    io.capture.onReadable(() => {
      if (io.capture.take(batch) > 0) seen.push(batch.capturedAtUs[0]!);
      io.capture.release();
      if (seen.length === 3) resolve();
    });
  });
  expect(seen).toEqual([1, 2, 3]);
});

test('packets go to allowed destinations only, refusals are counted, more than the slots flushes by itself', () => {
  const io = openMemory({ filter, mtuBytes: 1000 });
  const inject = io.inject!;
  const put = (bytes: Uint8Array) => inject.put(bytes);
  const unsent: [seq: number, lengthBytes: number][] = [];
  inject.onUnsent((at, lengthBytes) => unsent.push([io.memory.view.getUint32(at + 24), lengthBytes]));
  put(request(1));
  inject.allow([{ address: '10.0.0.1', port: 80 }]);
  put(response);
  put(request(2, 1400));
  for (let seq = 3; seq < 303; seq++) put(request(seq));
  expect(io.injected()).toHaveLength(255);
  inject.flush();
  expect(io.injected().map((packet) => new DataView(packet.buffer).getUint32(24))).toEqual(Array.from({ length: 45 }, (_, index) => 258 + index));
  expect(inject.counters()).toEqual({ sent: 300, failed: 1, forbidden: 2, failedBy: { EMSGSIZE: 1 } });
  expect(unsent).toEqual([
    [1, 540],
    [1, 540], // the response has the number 1 too
    [2, 1440],
  ]);
});
