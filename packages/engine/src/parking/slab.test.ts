import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_WORDS, Slab } from './slab.ts';

const command = fc.record({
  isTaking: fc.boolean(),
  words: fc.oneof(fc.integer({ min: 2, max: 100 }), fc.integer({ min: 2, max: MOST_WORDS })),
  which: fc.nat(),
});

test('records keep what they hold, whichever others come and go', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
      const slab = new Slab();
      const records: { record: number; words: number; mark: number }[] = [];
      let marks = 0;
      const wordsOf = ({ record, words }: { record: number; words: number }) =>
        slab.chunkOf(record).subarray(slab.startOf(record) + 1, slab.startOf(record) + words);
      for (const { isTaking, words, which } of commands) {
        if (isTaking) {
          const taken = { record: slab.take(words), words, mark: ++marks };
          records.push(taken);
          expect(wordsOf(taken).length).toBe(words - 1);
          wordsOf(taken).fill(taken.mark);
        } else if (records.length > 0) slab.give(records.splice(which % records.length, 1)[0]!.record);
        expect(slab.used).toBe(records.length);
        for (const each of records) expect(wordsOf(each).every((word) => word === each.mark)).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

test('what was given back is taken again', () => {
  const slab = new Slab();
  const first = slab.take(60);
  slab.take(60);
  slab.give(first);
  expect(slab.take(50)).toBe(first);
});

test('when the last one is given back, so is all room but for a chunk', () => {
  const slab = new Slab();
  const records = Array.from({ length: 5 }, () => slab.take(MOST_WORDS));
  const before = slab.sizeBytes;
  for (const record of records) slab.give(record);
  expect([before, slab.sizeBytes]).toEqual([5 * 4 * MOST_WORDS, 4 * MOST_WORDS]);
  slab.take(MOST_WORDS);
  expect(slab.sizeBytes).toBe(4 * MOST_WORDS);
});
