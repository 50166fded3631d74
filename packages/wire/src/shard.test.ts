import { describe, expect, test } from 'vitest';
import { dealtTo, shardOf } from './shard.ts';

const sharesOf = (ports: readonly number[], count: number): number[] => {
  const shares = new Array<number>(count).fill(0);
  for (const port of ports) shares[shardOf(port, count)]!++;
  return shares;
};
const ports = (first: number, step: number, count: number) => Array.from({ length: count }, (_, index) => first + index * step);

describe.each([1, 2, 3, 4, 7, 16])('of %i packet paths', (count) => {
  test('every port falls to one of them', () => {
    expect([...new Set(ports(0, 1, 65_536).map((port) => shardOf(port, count)))].sort((a, b) => a - b)).toEqual(ports(0, 1, count));
  });

  test.each([
    ['all ports', ports(1024, 1, 64_512), 0.01],
    ['2000 ports in a row', ports(32_768, 1, 2000), 0.05],
    ['2000 even ports, as Linux hands them out', ports(32_768, 2, 2000), 0.05],
    ['2000 odd ports', ports(32_769, 2, 2000), 0.05],
    ['2000 ports that are 8 apart', ports(40_000, 8, 2000), 0.05],
  ])('%s are dealt evenly', (_, some, tolerance) => {
    const even = some.length / count;
    for (const share of sharesOf(some, count)) expect(Math.abs(share - even) / even).toBeLessThan(tolerance);
  });
});

test.each([
  [10, 3, [4, 3, 3]],
  [1, 4, [1, 0, 0, 0]],
  [0, 2, [0, 0]],
  [9, 1, [9]],
])('%i dealt to %i', (total, count, shares) => {
  expect(ports(0, 1, count).map((index) => dealtTo(total, { index, count }))).toEqual(shares);
});
