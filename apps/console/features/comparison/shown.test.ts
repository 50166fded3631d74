import { expect, test } from 'vitest';
import { readShown, type Shown, writeShown } from './shown.ts';

const plain: Shown = { last: '15m', range: null, kind: null, measure: 'firstByte', percent: 99, isLog: true, hidden: [] };

test.each([
  ['nothing chosen', plain, ''],
  ['a live window', { ...plain, last: '1h' as const }, 'last=1h'],
  ['a fixed window', { ...plain, range: { fromMs: 1_795_000_000_000, toMs: 1_795_000_600_000 } }, 'from=1795000000000&to=1795000600000'],
  [
    'everything',
    { last: '6h' as const, range: null, kind: 'GET /a b', measure: 'lastByte' as const, percent: 99.9 as const, isLog: false, hidden: [90, 99.9] as const },
    'last=6h&kind=GET+%2Fa+b&measure=lastByte&p=99.9&axis=linear&hide=90%2C99.9',
  ],
])('%s stands in the address and comes back', (_, shown, query) => {
  expect(writeShown(shown)).toBe(query);
  expect(readShown(new URLSearchParams(query))).toEqual(shown);
});

test.each([['from=5&to=9'], ['from=1795000600000&to=1795000000000'], ['last=3y'], ['p=42&hide=13'], ['measure=none']])(
  'what makes no sense is passed over: %s',
  (query) => {
    expect(readShown(new URLSearchParams(query))).toEqual(plain);
  },
);
