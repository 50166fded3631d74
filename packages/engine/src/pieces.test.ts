import { expect, test } from 'vitest';
import { CELL_BYTES, NONE, Pieces } from './pieces.ts';

const STORE_AT = 4096;
function setUp(capacity = 2) {
  const bytes = new Uint8Array(STORE_AT + (1 << 16));
  for (let at = 0; at < STORE_AT; at++) bytes[at] = at & 0xff;
  return { bytes, pieces: new Pieces({ bytes, view: new DataView(bytes.buffer) }, STORE_AT, 1 << 16, capacity) };
}

test('a piece keeps its bytes while many others come, the arrays growing under it', () => {
  const { bytes, pieces } = setUp();
  const kept = Array.from({ length: 20 }, (_, index) => pieces.add(-10 + index, index * 3, 100 + index, 7, true, 1));
  expect(pieces.used).toBe(20);
  kept.forEach((piece, index) => {
    const at = pieces.at[piece]!;
    expect(bytes.subarray(at, at + 100 + index)).toEqual(bytes.subarray(index * 3, index * 3 + 100 + index));
    expect(pieces.seq[piece]).toBe(-10 + index);
  });
});

test('the last of the copies frees it, and it is used again', () => {
  const { pieces } = setUp();
  const piece = pieces.add(0, 0, 300, 0, false, 0);
  pieces.references[piece] = 2;
  pieces.release(piece);
  expect([pieces.used, pieces.store.usedBytes]).toEqual([1, CELL_BYTES]);
  pieces.release(piece);
  expect([pieces.used, pieces.store.usedBytes]).toEqual([0, 0]);
  expect(pieces.add(0, 0, 300, 0, false, 0)).toBe(piece);
});

test('what is cut off in front goes back with the rest', () => {
  const { pieces } = setUp();
  const piece = pieces.add(0x7ffffffe, 0, 300, 0, false, 0);
  pieces.trimFront(piece, 100);
  expect([pieces.seq[piece], pieces.lengthBytes[piece], pieces.endSeq(piece)]).toEqual([(0x7ffffffe + 100) | 0, 200, (0x7ffffffe + 300) | 0]);
  pieces.free(piece);
  expect(pieces.store.usedBytes).toBe(0);
});

test('no room is NONE, and nothing is taken', () => {
  const bytes = new Uint8Array(4096);
  const pieces = new Pieces({ bytes, view: new DataView(bytes.buffer) }, 2048, 2048);
  const first = pieces.add(0, 0, 1500, 0, false, 0);
  expect(pieces.add(0, 0, 1500, 0, false, 0)).toBe(NONE);
  expect(pieces.used).toBe(1);
  pieces.free(first);
  expect(pieces.used).toBe(0);
});
