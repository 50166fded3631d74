import { describe, expect, test } from 'vitest';
import { type Load, type LoadLimits, Shedding } from './shedding.ts';

const none: LoadLimits = { cpuPercent: null, memoryMiB: null, packetsPerSecond: null };
const idle: Load = { cpuPercent: 5, memoryMiB: 100, packetsPerSecond: 10 };

/** Seconds as letters: `.` calm, `n` near the limit, `!` twice above it. What follows each: `.` nothing, `s` new sessions left out, a digit: tenths of the sessions ended. */
function play(limits: Partial<LoadLimits>, seconds: string, to: (factor: number) => Partial<Load>): string {
  const shedding = new Shedding({ ...none, ...limits });
  return [...seconds]
    .map((second) => {
      const share = shedding.onSecond({ ...idle, ...to(second === '.' ? 0.5 : second === 'n' ? 0.95 : 2) });
      return share > 0 ? String(Math.round(share * 10)) : shedding.reason === null ? '.' : 's';
    })
    .join('');
}
const pps = (factor: number): Partial<Load> => ({ packetsPerSecond: 1000 * factor });

describe.each([
  ['one second above is a burst', '.!.!.n', '......'],
  ['two are a load', '..!!', '...s'],
  ['it stays while the limit is near', '!!nnnnnnnn', '.sssssssss'],
  ['it ends after five calm seconds in a row', '!!....n......', '.ssssssssss..'],
  ['above it for three more seconds, half of the sessions end, then half of the rest', '!!!!!!!!', '.sss5ss5'],
  ['a second that is not above starts the count anew', '!!!!n!!n!!!', '.sssssssss5'],
])('%s', (_, seconds, expected) => {
  test('packets', () => expect(play({ packetsPerSecond: 1000 }, seconds, pps)).toBe(expected));
  test('CPU', () => expect(play({ cpuPercent: 40 }, seconds, (factor) => ({ cpuPercent: 40 * factor }))).toBe(expected));
});

test('memory says nothing of how many are too many: a tenth at a time', () => {
  expect(play({ memoryMiB: 150 }, '!!!!!!!!', (factor) => ({ memoryMiB: 150 * factor }))).toBe('.sss1ss1');
});

test('as many end as are too many', () => {
  const shedding = new Shedding({ ...none, packetsPerSecond: 1000 });
  const shares = Array.from({ length: 5 }, () => shedding.onSecond({ ...idle, packetsPerSecond: 1250 }));
  expect(shares.map((share) => share.toFixed(2))).toEqual(['0.00', '0.00', '0.00', '0.00', '0.20']);
});

test('without limits nothing is ever too much', () => {
  expect(play({}, '!!!!!!!!', pps)).toBe('........');
});

test('the limit that is exceeded most is named, with both figures', () => {
  const shedding = new Shedding({ cpuPercent: 80, memoryMiB: 500, packetsPerSecond: 1000 });
  for (let second = 0; second < 2; second++) shedding.onSecond({ cpuPercent: 93.4, memoryMiB: 501, packetsPerSecond: 10 });
  expect(shedding.reason).toBe('shedding, CPU 93 % of 80 %: new sessions are not copied');
});
