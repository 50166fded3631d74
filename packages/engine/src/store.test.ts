import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CELL_BYTES, CellStore } from './store.ts';

const STORE_AT = 64;
const STORE_BYTES = 5 * CELL_BYTES + 100;

test('whatever is taken and given, cells in use never overlap, stay inside the store, and are accounted for', () => {
  const command = fc.record({ bytes: fc.integer({ min: 1, max: CELL_BYTES }), give: fc.boolean(), which: fc.nat() });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
      const bytes = new Uint8Array(STORE_AT + STORE_BYTES);
      const store = new CellStore({ bytes, view: new DataView(bytes.buffer) }, STORE_AT, STORE_BYTES);
      const taken: { at: number; bytes: number }[] = [];
      for (const { bytes: wanted, give, which } of commands) {
        if (give && taken.length > 0) {
          const [cell] = taken.splice(which % taken.length, 1);
          store.give(cell!.at, cell!.bytes);
          continue;
        }
        const at = store.take(wanted);
        if (at < 0) continue;
        expect(at).toBeGreaterThanOrEqual(STORE_AT);
        expect(at + wanted).toBeLessThanOrEqual(STORE_AT + STORE_BYTES);
        for (const other of taken) expect(at + wanted <= other.at || other.at + other.bytes <= at).toBe(true);
        taken.push({ at, bytes: wanted });
      }
      expect(store.usedBytes).toBeGreaterThanOrEqual(taken.reduce((sum, cell) => sum + cell.bytes, 0));
      for (const { at, bytes: length } of taken) store.give(at, length);
      expect(store.usedBytes).toBe(0);
    }),
  );
});
