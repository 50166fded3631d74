import { expect, test } from 'vitest';
import { endings, MappingLedger } from './ledger.ts';

test('what was asked and has not ended is in flight', () => {
  const ledger = new MappingLedger();
  ledger.asked = 20;
  for (const ending of endings) ledger.ended[ending] = 1;
  expect(ledger.inFlight).toBe(20 - endings.length);
});

test('bytes neither delivered nor lost are in flight, beyond 2^32 too', () => {
  const ledger = new MappingLedger();
  ledger.bytesCaptured = 2 ** 40 + 7;
  ledger.bytesDelivered = 2 ** 40;
  ledger.bytesLost = 3;
  expect(ledger.bytesInFlight).toBe(4);
});
