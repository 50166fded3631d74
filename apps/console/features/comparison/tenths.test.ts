import { expect, test } from 'vitest';
import { tenthsOf } from './tenths.ts';

test('pairs are told by tenths of the online latency', () => {
  const tenths = tenthsOf(Array.from({ length: 100 }, (_, at) => [1000 - at, 1000 - at + (at % 2 === 0 ? 7 : -3)] as const));
  expect(tenths).toHaveLength(10);
  expect(tenths[0]).toEqual({ name: '1. tenth', pairs: 10, onlineUs: [901, 910], targetP50Us: 906, differenceP50Us: -3, slower: 5 });
  expect(tenths.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(100);
});

test('few pairs fill few tenths, none none', () => {
  expect(tenthsOf([[5, 6]])).toHaveLength(1);
  expect(tenthsOf([])).toEqual([]);
});
