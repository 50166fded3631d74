import type { AddressWords } from '@parallax/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FlowKey, FlowTable } from './flow-table.ts';

const address = (word: number): AddressWords => [0, 0, 0xffff, word];
// Few different flows, so that they meet again and their slots collide; a tiny table grows on the way.
const flow = fc.record({ a: fc.integer({ min: 0, max: 3 }), port: fc.integer({ min: 0, max: 40 }), b: fc.integer({ min: -2, max: 0 }) });
const command = fc.record({ flow, kind: fc.constantFrom('set', 'set', 'delete', 'deleteOther', 'get'), value: fc.integer({ min: 0, max: 5 }) });

test('it does what a Map does, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.integer(), fc.array(command, { maxLength: 300 }), (seed, commands) => {
      const table = new FlowTable<string>(seed, 8);
      const model = new Map<string, string>();
      const key = new FlowKey();
      for (const { flow, kind, value } of commands) {
        const name = `${flow.a}:${flow.port}>${flow.b}`;
        key.set(address(flow.a), flow.port, address(flow.b), 65535 - flow.port);
        if (kind === 'set') {
          table.set(key, `${name}=${value}`);
          model.set(name, `${name}=${value}`);
        } else if (kind === 'delete') {
          const known = model.get(name);
          expect(table.delete(key, known ?? 'nobody')).toBe(known !== undefined);
          model.delete(name);
        } else if (kind === 'deleteOther') expect(table.delete(key, 'another value')).toBe(false);
        expect(table.get(key)).toBe(model.get(name));
        expect(table.size).toBe(model.size);
      }
      expect([...table.values()].sort()).toEqual([...model.values()].sort());
    }),
    { numRuns: 300 },
  );
});

test('the two directions of a flow, and neighbouring ports, are different flows', () => {
  const table = new FlowTable<number>(1);
  const key = new FlowKey();
  table.set(key.set(address(1), 10, address(2), 80), 1);
  expect(table.get(key.set(address(2), 80, address(1), 10))).toBeUndefined();
  expect(table.get(key.set(address(1), 11, address(2), 80))).toBeUndefined();
  expect(table.get(key.set(address(1), 10, address(2), 80))).toBe(1);
});
