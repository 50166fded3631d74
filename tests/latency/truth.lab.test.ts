// Latencies as Parallax tells them, against the log of servers whose service time is known.
import { Lab } from '@parallax/lab';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pair } from '../scenario/support.ts';
import { buildPrograms, deviations, measure, type Point, startMeasuring, TARGET_DELAYS_US } from './truth.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxt-${process.pid}`, removeOnExit: true });
  buildPrograms(lab);
});
afterAll(async () => lab?.down());

async function expectTrue(pair: Pair, point: Point): Promise<void> {
  const figures = await measure(lab, pair.online, point);
  const whole = JSON.stringify(figures);
  expect(deviations(figures), whole).toEqual([]);
  expect(figures.logged.online, whole).toBe(figures.asked);
  expect(figures.timed.online, whole).toBe(figures.asked);
  expect(figures.timed.target, whole).toBeGreaterThanOrEqual(0.95 * figures.asked);
}

const point = (targetDelayUs: number, ratePerSecond: number, seconds: number): Point => ({ targetDelayUs, ratePerSecond, seconds, tailUs: 500 });

describe('p50 within 0.1 ms + 1 %, p99 within 0.5 ms + 2 % of the servers’ own log', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startMeasuring(lab);
  });
  afterAll(async () => {
    expect(await pair?.stop()).toEqual([0, 0]);
  });
  test.each([...TARGET_DELAYS_US.map((delayUs) => point(delayUs, 1000, 3)), point(0, 10, 3), point(5000, 10, 3)])(
    'target $targetDelayUs µs, $ratePerSecond/s',
    (each) => expectTrue(pair, each),
  );
});

test.each([10_000_000, -10_000_000])('a clock of the assistant that is wrong by %i µs changes nothing', async (shiftUs) => {
  const pair = await startMeasuring(lab, shiftUs);
  expect(pair.assistant.log.join('\n')).toContain(`moves the capture's clock by ${shiftUs} µs`);
  await expectTrue(pair, point(5000, 1000, 2));
  expect(await pair.stop()).toEqual([0, 0]);
});
