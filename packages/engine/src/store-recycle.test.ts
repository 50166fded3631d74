import { expect, test } from 'vitest';
import { CELL_BYTES, CellStore } from './store.ts';

const memory = () => {
  const bytes = new Uint8Array(64 + 4 * CELL_BYTES);
  return { bytes, view: new DataView(bytes.buffer) };
};

test('a cell holds the payload of an Ethernet segment', () => {
  expect(CELL_BYTES).toBeGreaterThanOrEqual(1460);
});

test('cells do not overlap, come back, and end where the store ends', () => {
  const store = new CellStore(memory(), 64, 4 * CELL_BYTES);
  const big = [store.take(1460), store.take(257), store.take(CELL_BYTES)];
  const small = Array.from({ length: CELL_BYTES / 256 }, () => store.take(256));
  expect([...big, ...small].sort((a, b) => a - b)).toEqual([
    ...big.map((_, index) => 64 + index * CELL_BYTES),
    ...small.map((_, index) => 64 + 3 * CELL_BYTES + index * 256),
  ]);
  expect([store.take(1), store.take(1000)]).toEqual([-1, -1]);
  expect(store.usedBytes).toBe(4 * CELL_BYTES);
  store.give(big[1]!, 257);
  expect(store.take(500)).toBe(big[1]);
});

test('short commands take 64 bytes each', () => {
  const store = new CellStore(memory(), 64, CELL_BYTES);
  const cells = Array.from({ length: CELL_BYTES / 64 }, (_, index) => store.take(41 + index));
  expect(cells).toEqual(cells.map((_, index) => 64 + index * 64));
  expect([store.usedBytes, store.touchedBytes, store.take(1)]).toEqual([CELL_BYTES, CELL_BYTES, -1]);
});

test('an empty store can be recycled, one in use cannot', () => {
  const store = new CellStore(memory(), 64, 4 * CELL_BYTES);
  const cells = [store.take(1000), store.take(10)];
  expect(store.touchedBytes).toBe(2 * CELL_BYTES);
  store.give(cells[0]!, 1000);
  expect(store.recycle()).toBe(false);
  store.give(cells[1]!, 10);
  expect(store.recycle()).toBe(true);
  expect(store.touchedBytes).toBe(0);
  expect(Array.from({ length: 4 }, () => store.take(CELL_BYTES))).not.toContain(-1); // split cells are whole again
});
