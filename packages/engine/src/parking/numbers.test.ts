import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NumberReader, NumberWriter } from './numbers.ts';

const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer(),
  fc.double(),
  fc.constantFrom(2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, Number.POSITIVE_INFINITY, Number.NaN),
);

test('every number comes back, whatever was expected of it', () => {
  const writer = new NumberWriter();
  const reader = new NumberReader();
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number), { maxLength: 100 }), fc.integer({ min: 0, max: 9 }), (numbers, at) => {
      writer.restart(at);
      for (const [value, expected] of numbers) writer.put(value, expected);
      reader.moveTo(writer.words, at);
      for (const [value, expected] of numbers) {
        const taken = reader.take(expected);
        expect(taken === value || (Number.isNaN(taken) && Number.isNaN(value)), `${value}, expected ${expected}, is ${taken}`).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

test('what is as expected takes two bits, an integer a word more, another number two', () => {
  const writer = new NumberWriter();
  const wordsOf = (value: number, expected: number): number => {
    writer.restart(0);
    for (let count = 0; count < 32; count++) writer.put(value, expected);
    return writer.at;
  };
  expect([wordsOf(7, 7), wordsOf(-7, 7), wordsOf(0.5, 7), wordsOf(2 ** 40, 7)]).toEqual([2, 34, 66, 66]);
});

test('a long run of numbers finds room', () => {
  const writer = new NumberWriter();
  const reader = new NumberReader();
  writer.restart(0);
  for (let value = 0; value < 5000; value++) writer.put(value + 0.5, 0);
  reader.moveTo(writer.words, 0);
  for (let value = 0; value < 5000; value++) expect(reader.take(0)).toBe(value + 0.5);
});
