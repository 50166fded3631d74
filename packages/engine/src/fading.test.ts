import { expect, test } from 'vitest';
import { Fading } from './fading.ts';

test('numbers below zero lead to what is there, whatever has left before it', () => {
  const fading = new Fading<{ deadlineMs: number }>();
  const left: [number, number][] = [];
  const there = new Map<number, { deadlineMs: number }>();
  for (let nowMs = 0; nowMs < 10_000; nowMs++) {
    const item = { deadlineMs: nowMs + 3000 };
    const number = fading.add(item);
    expect(number).toBeLessThan(0);
    there.set(number, item);
    fading.expire(nowMs, (gone, its) => {
      expect(there.get(its)).toBe(gone);
      there.delete(its);
      left.push([gone.deadlineMs, nowMs]);
    });
    if (nowMs % 500 === 0) for (const [its, wanted] of there) expect(fading.get(its)).toBe(wanted);
  }
  expect([fading.size, [...fading.values()].length, there.size]).toEqual([3000, 3000, 3000]);
  expect(left.length).toBe(7000);
  expect(left.every(([deadlineMs, nowMs]) => deadlineMs === nowMs)).toBe(true);
  fading.expire(20_000, () => {});
  expect([fading.size, [...fading.values()]]).toEqual([0, []]);
});
