import { ACK, PSH, parseAddress, Segment } from '@parallax/wire';
import { expect, test } from 'vitest';
import { FrameBatch, OUTGOING, STAGE_BYTES, STAGE_FRAMES } from '../contract.ts';
import { INJECT_BYTES } from './inject.ts';
import { heapMemory } from './native-memory.ts';
import { RingStage } from './stage.ts';

const STAGE_AT = 1 << 20; // behind the transmit area

const open = () => {
  const memory = heapMemory(STAGE_AT + STAGE_BYTES);
  expect(INJECT_BYTES).toBeLessThan(STAGE_AT);
  return { memory, stage: new RingStage(memory, STAGE_AT, 0, 1) };
};

test('frames told by hand are taken as from the kernel, however often the ring turns', () => {
  const { memory, stage } = open();
  const batch = new FrameBatch();
  for (let round = 0; round < 4; round++) {
    const places: number[] = [];
    for (let frame = 0; frame < STAGE_FRAMES - 8; frame++) {
      places.push(stage.frameAt);
      memory.bytes[stage.frameAt] = frame;
      stage.add(60 + frame, 100 + frame, 1_700_000_000_123_456.5, frame % 2 === 1);
    }
    expect(stage.capture.take(batch)).toBe(places.length);
    for (const [frame, at] of places.entries()) {
      const flags = frame % 2 === 1 ? OUTGOING : 0;
      expect([batch.at[frame], batch.lengthBytes[frame], batch.wireBytes[frame], batch.flags[frame]]).toEqual([at, 60 + frame, 100 + frame, flags]);
      expect(batch.capturedAtUs[frame]).toBe(1_700_000_000_123_456.5);
      expect(memory.bytes[at]).toBe(frame);
    }
    stage.capture.release();
    expect(stage.capture.take(batch)).toBe(0);
    stage.capture.release();
  }
  stage.close();
});

test('what is sent counts as sent, for the destinations allowed only', () => {
  const { stage } = open();
  const segment = Object.assign(new Segment(), {
    source: parseAddress('192.0.2.1')!,
    destination: parseAddress('198.51.100.1')!,
    destinationPort: 6379,
    flags: ACK | PSH,
  });
  stage.inject.send(segment);
  expect(stage.inject.counters()).toMatchObject({ sent: 0, forbidden: 1 });
  stage.inject.allow([{ address: '198.51.100.1', port: 6379 }]);
  for (let packet = 0; packet < 300; packet++) stage.inject.send(segment);
  stage.inject.flush();
  expect(stage.inject.counters()).toMatchObject({ sent: 300, failed: 0, forbidden: 1 });
  stage.close();
});
