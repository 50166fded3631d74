import { expect, test } from 'vitest';
import { describeForecast, type Forecast } from './forecast.ts';

const forecast = (changes: Partial<Forecast>): Forecast => ({
  sessions: 1,
  sessionsPossible: 1,
  copies: 1,
  copiesPossible: 1,
  addressesMissing: 0,
  opensPerSecond: null,
  ...changes,
});

test.each([
  ['nothing is open', forecast({ sessions: 0, copies: 0, copiesPossible: 0, opensPerSecond: 0 }), 'no connection open now, 0 new ones a second'],
  ['one connection', forecast({ opensPerSecond: 0.25 }), '1 connection open now, 0.3 new ones a second: 1 copy wanted, ports suffice for all'],
  [
    'a thousand has one space',
    forecast({ sessions: 1000, copies: 1000, copiesPossible: 1000 }),
    '1 000 connections open now: 1 000 copies wanted, ports suffice for all',
  ],
  [
    'a million has two, and a decimal none',
    forecast({ sessions: 999, copies: 1_234_567, copiesPossible: 64_512, addressesMissing: 19, opensPerSecond: 12_345.67 }),
    '999 connections open now, 12 345.7 new ones a second: 1 234 567 copies wanted, ports suffice for 64 512 (×64.58 instead of ×1235.80); needs 19 more addresses',
  ],
])('%s', (_, given, text) => {
  expect(describeForecast(given)).toBe(text.replaceAll(/(?<=\d) (?=\d)/g, '\u202f'));
});
