import type { VerdictLine } from '@parallax/protocol';
import { expect, test } from 'vitest';
import { judge, parseLimit } from './limits.ts';

const line = (change: Partial<VerdictLine> = {}): VerdictLine => ({
  percent: 99,
  onlineUs: 10_000,
  targetUs: 11_000,
  deltaUs: 1000,
  within95: [500, 1900],
  within995: [300, 2200],
  outcome: 'slower',
  lacks: null,
  ...change,
});

test.each([
  ['2ms', { us: 2000, share: null }],
  ['350us', { us: 350, share: null }],
  ['0.5s', { us: 500_000, share: null }],
  ['10%', { us: null, share: 0.1 }],
])('%s is a limit', (text, limit) => {
  expect(parseLimit(99, text)).toMatchObject(limit);
});

test.each([['2'], ['ms'], ['-1ms'], ['2 ms'], ['2min']])('%s is none', (text) => {
  expect(parseLimit(99, text)).toBeNull();
});

test.each([
  ['the whole interval is within', '2ms', line(), true, /within 2ms$/],
  ['it reaches beyond', '1.5ms', line(), false, /not shown to be within 1\.5ms$/],
  ['all of it lies beyond', '400us', line(), false, /above 400us$/],
  ['of a share of online', '20%', line(), true, /within 20%$/],
  ['a faster target is within anything', '0ms', line({ deltaUs: -1000, within95: [-1900, -500] }), true, /^p99: −1\.00\sms/],
  ['too little data is no proof', '2ms', line({ outcome: 'not enough data', lacks: 'few' }), false, /not enough data: few$/],
  ['nothing at all is none either', '2ms', undefined, false, /not enough data/],
])('%s', (_, limit, given, isWithin, text) => {
  const judged = judge(parseLimit(99, limit)!, given);
  expect(judged.isWithin).toBe(isWithin);
  expect(judged.text).toMatch(text);
});
