// Latencies as Parallax tells them, against the log of servers whose service time is known.
import { Lab, type Running } from '@parallax/lab';
import type { SecondCounts } from '@parallax/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { childPathOf, type Pair } from '../scenario/support.ts';
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
  test.each(TARGET_DELAYS_US.map((delayUs) => point(delayUs, 1000, 3)))('target $targetDelayUs µs, $ratePerSecond/s', (each) => expectTrue(pair, each));
  // So few that they do not meet.
  test.concurrent.each([point(0, 10, 3), point(5000, 10, 3)])('target $targetDelayUs µs, $ratePerSecond/s', (each) => expectTrue(pair, each));
});

test.each([10_000_000, -10_000_000])('a clock of the assistant that is wrong by %i µs changes nothing', async (shiftUs) => {
  const pair = await startMeasuring(lab, { assistant: `${shiftUs}` });
  expect(pair.assistant.log.join('\n')).toContain(`moves the capture's clock by ${shiftUs} µs`);
  await expectTrue(pair, point(5000, 1000, 2));
  expect(await pair.stop()).toEqual([0, 0]);
});

/** Exchanges that one side has not timed because a clock was set. */
const clockSetIn = ({ lines }: Running, side: 'online' | 'target'): number =>
  lines
    .filter((line) => line.includes('"counts":'))
    .map((line) => (JSON.parse(line) as { counts: SecondCounts }).counts[side].clockSet)
    .reduce((sum, count) => sum + count, 0);

// What is asked within 200 ms of the moment may be neither before nor after it.
test.each([
  ['online', 10_000_000],
  ['assistant', -10_000_000],
  ['assistant', 40_000],
] as const)('the clock of the %s host is set by %i µs under way: nothing of it is in the figures', async (host, stepUs) => {
  const pair = await startMeasuring(lab, { [host]: `${stepUs}@SIGUSR2` });
  const agent = host === 'online' ? pair.online : pair.assistant;
  try {
    const saysSet = () =>
      agent.log.some((line) => line.includes(`clock was set ${stepUs > 0 ? 'forward' : 'back'} by ${(Math.abs(stepUs) / 1000).toFixed(1)} ms`));
    const setting = setTimeout(() => process.kill(childPathOf(agent), 'SIGUSR2'), 2000);
    const figures = await measure(lab, pair.online, point(5000, 1000, 4)).finally(() => clearTimeout(setting));
    const whole = JSON.stringify(figures);
    expect(saysSet(), agent.log.join('\n')).toBe(true);
    expect(deviations(figures), whole).toEqual([]);
    expect(figures.logged.online, whole).toBe(figures.asked);
    for (const side of ['online', 'target'] as const) {
      expect(figures.timed[side], whole).toBeGreaterThanOrEqual((side === 'online' ? 0.9 : 0.85) * figures.asked);
      const untimed = clockSetIn(pair.online, side);
      expect(figures.timed[side] + untimed, `${side}: ${untimed} counted as not timed, ${whole}`).toBeLessThanOrEqual(figures.asked);
      if (side === 'online') expect(figures.timed.online + untimed, 'timed, or counted as not').toBe(figures.asked);
    }
  } finally {
    expect(await pair.stop()).toEqual([0, 0]);
  }
});
