import { expect, test } from 'vitest';
import { seededRandom } from './random.ts';
import { Reservoir } from './reservoir.ts';

const pairs = (reservoir: Reservoir) => Array.from({ length: reservoir.size }, (_, at) => [reservoir.onlineUs[at], reservoir.targetUs[at]]);

test('all are kept while there is room, and come back from their encoding', () => {
  const one = new Reservoir(10, seededRandom(1));
  for (let at = 0; at < 7; at++) one.offer(at * 1000, at * 900);
  const back = new Reservoir(20, seededRandom(1));
  back.mergeEncoded(one.encode());
  expect(pairs(back)).toEqual(pairs(one));
  expect(back.seen).toBe(7);
});

test('each offer is kept equally often', () => {
  const random = seededRandom(3);
  const kept = new Array<number>(100).fill(0);
  for (let round = 0; round < 1000; round++) {
    const reservoir = new Reservoir(10, random);
    for (let at = 0; at < 100; at++) reservoir.offer(at, 0);
    for (const [at] of pairs(reservoir)) kept[at!]!++;
  }
  for (const count of kept) expect(Math.abs(count - 100)).toBeLessThan(50); // 5 standard deviations
});

// Seconds of very different traffic: the union must be fair to each exchange, whatever second it fell in.
test.each([
  ['both full', 1000, 1000, 64, 512],
  ['one full, one not', 640, 20, 64, 512],
  ['one much larger', 100_000, 300, 64, 64],
  ['the union is bounded', 300, 300, 64, 100],
])('merging is fair to every exchange: %s', (_, first, second, perSecond, capacity) => {
  const random = seededRandom(4);
  let ofFirst = 0;
  let all = 0;
  for (let round = 0; round < 1000; round++) {
    const merged = new Reservoir(capacity, random);
    for (const [count, name] of [
      [first, 1],
      [second, 2],
    ] as const) {
      const part = new Reservoir(perSecond, random);
      for (let at = 0; at < count; at++) part.offer(name, at);
      merged.mergeEncoded(part.encode());
    }
    expect(merged.seen).toBe(first + second);
    expect(merged.size).toBeLessThanOrEqual(capacity);
    all += merged.size;
    ofFirst += pairs(merged).filter(([name]) => name === 1).length;
  }
  expect(all).toBeGreaterThan(0);
  expect(Math.abs(ofFirst / all - first / (first + second))).toBeLessThan(0.01);
});

test('bytes of somebody else are refused', () => {
  expect(() => new Reservoir(4, seededRandom(1)).mergeEncoded(Uint8Array.from([1, 5, 0, 6, 0]))).toThrow('2 pairs were chosen from 1');
});
