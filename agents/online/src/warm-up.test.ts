import { mirrorFilter, openMemory } from '@parallax/device';
import { expect, test } from 'vitest';
import { warmUp } from './warm-up.ts';

test('the rehearsal says a lot, lets nothing out, and leaves no frame behind', () => {
  const io = openMemory({ filter: mirrorFilter([]), storeBytes: 8 << 20 });
  const { parks, specimens } = warmUp(io, {}, 60_000, 60_000);
  const { sent, failed, forbidden } = io.inject!.counters();
  expect({ sent, failed }).toEqual({ sent: 0, failed: 0 });
  expect(forbidden).toBeGreaterThan(1000);
  expect(parks).toBeGreaterThan(64 * 50);
  expect(specimens).toMatchObject([{ copies: [{ state: 'open' }], exchange: { isAnsweredOnline: false } }, {}, {}]);
  io.inject!.flush();
  expect(io.injected()).toEqual([]);
  expect(io.capture.counters().captured).toBe(0);
});
