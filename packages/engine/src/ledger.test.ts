import { expect, test } from 'vitest';
import { Account, endings } from './ledger.ts';

test('what was asked for and has not ended is in flight', () => {
  const account = new Account();
  account.asked = 20;
  for (const ending of endings) account.ended[ending] = 1;
  expect(account.inFlight).toBe(20 - endings.length);
});

test('counts beyond 2^32 are exact', () => {
  const account = new Account();
  account.asked = 2 ** 40 + 7;
  account.ended.delivered = 2 ** 40;
  account.ended.timedOut = 3;
  expect(account.inFlight).toBe(4);
});

test('what is written off moves nothing else', () => {
  const account = new Account();
  account.writeOff('noPortFree', 3);
  expect([account.asked, account.ended.noPortFree, account.inFlight]).toEqual([3, 3, 0]);
});
