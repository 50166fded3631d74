import { expect, test } from 'vitest';
import { Random } from '../simulation/random.ts';
import { NO_TIME_US } from './plausible.ts';
import { SteadyClock } from './steady-clock.ts';

const EPOCH_MS = 1_795_000_000_000.123;

/** Clocks that a test moves: each reading takes 1 µs, and of so many the process is interrupted before or after one for up to 0.7 ms. */
function clocks(interruptedRatio = 0) {
  const random = new Random(11);
  const interrupt = () => {
    if (random.chance(interruptedRatio)) host.nowMs += 0.7 * random.ratio();
  };
  const host = { nowMs: 5000, offsetMs: EPOCH_MS };
  const steps: number[] = [];
  const steady = new SteadyClock(
    {
      steadyMs: () => {
        interrupt();
        host.nowMs += 0.001;
        const nowMs = host.nowMs;
        interrupt();
        return nowMs;
      },
      wallMs: () => Math.floor(host.nowMs + host.offsetMs),
    },
    (stepUs) => steps.push(stepUs),
  );
  const beganMs = host.nowMs;
  /** The kernel's stamp of a packet that comes now. */
  const stamp = () => (host.nowMs + host.offsetMs) * 1000;
  /** What it should become: time since the clock was looked at first, on the clock as it was then. */
  const truth = (atMs: number) => (EPOCH_MS + atMs) * 1000;
  return { host, steps, steady, stamp, truth, beganMs };
}

test('as long as nobody sets the clock, times are what they were', () => {
  const { host, steps, steady, stamp } = clocks();
  for (let at = 0; at < 10_000; at++) {
    host.nowMs += 0.37 + (at % 13);
    steady.look();
    expect(steady.of(stamp())).toBe(stamp());
  }
  expect(steps).toEqual([]);
});

test.each([0.01, 0.1, 0.5])('a process that is interrupted in %f of its readings does not take that for a clock that was set', (ratio) => {
  const { host, steps, steady, stamp } = clocks(ratio);
  for (let at = 0; at < 20_000; at++) {
    host.nowMs += 0.2;
    steady.look();
    expect(steady.of(stamp())).toBe(stamp());
  }
  expect(steps).toEqual([]);
  host.offsetMs += 3;
  steady.look();
  expect(Math.abs(steps[0]! - 3000)).toBeLessThan(ratio <= 0.01 ? 20 : 300);
});

test.each([10_000, -10_000, 400.7, -400.7, 2, -2, 0.3, -0.3])('the clock is set by %f ms while packets come every 0.1 ms', (stepMs) => {
  const { host, steps, steady, stamp, truth } = clocks();
  let untimed = 0;
  let wrongUs = 0;
  for (let at = 0; at < 20_000; at++) {
    host.nowMs += 0.1;
    if (at === 10_000) host.offsetMs += stepMs;
    const stampUs = stamp();
    const trueUs = truth(host.nowMs);
    steady.look();
    const us = steady.of(stampUs);
    if (us === NO_TIME_US) untimed++;
    else wrongUs = Math.max(wrongUs, Math.abs(us - trueUs));
  }
  expect(steps).toHaveLength(1);
  expect(Math.abs(steps[0]! - stepMs * 1000)).toBeLessThan(10);
  if (Math.abs(stepMs) >= 2) expect(wrongUs).toBeLessThan(10);
  else expect(wrongUs).toBeLessThan(400); // a step of 0.3 ms is found within a millisecond or two, and until then times are off by as much
  expect(untimed).toBeLessThanOrEqual(2000); // 200 ms
  if (Math.abs(stepMs) > 400) expect(untimed).toBeLessThanOrEqual(1);
});

test.each([3, -3, 700, -700, 60_000, -60_000])('packets that waited while the clock was set by %d ms are told apart, or not timed', (stepMs) => {
  const { host, steady, stamp, truth } = clocks();
  for (let round = 0; round < 5; round++) {
    host.nowMs += 1000;
    steady.look();
  }
  const waiting: [stampUs: number, trueUs: number][] = [];
  for (let at = 0; at < 100; at++) {
    host.nowMs += 0.5;
    if (at === 50) host.offsetMs += stepMs;
    waiting.push([stamp(), truth(host.nowMs)]);
  }
  steady.look();
  const wrong = waiting.filter(([stampUs, trueUs]) => steady.of(stampUs) !== NO_TIME_US && Math.abs(steady.of(stampUs) - trueUs) > 10);
  expect(wrong).toEqual([]);
  const untimed = waiting.filter(([stampUs]) => steady.of(stampUs) === NO_TIME_US).length;
  if (Math.abs(stepMs) > 500) expect(untimed).toBe(0);
  else expect(untimed).toBeGreaterThan(0);
});

test('it is set again and again, and all of it adds up', () => {
  const { host, steps, steady, stamp, truth } = clocks();
  for (const stepMs of [5000, -80, 3_600_000, -2, -9000.5]) {
    host.nowMs += 500;
    steady.look();
    host.offsetMs += stepMs;
    host.nowMs += 500;
    steady.look();
    host.nowMs += 500;
    steady.look();
    expect(Math.abs(steady.of(stamp()) - truth(host.nowMs))).toBeLessThan(20);
  }
  expect(steps).toHaveLength(5);
});
