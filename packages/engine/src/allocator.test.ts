import type { AddressWords } from '@parallax/wire';
import { expect, test } from 'vitest';
import { findPort } from './allocator.ts';
import { Mapping } from './mapping.ts';

const client: AddressWords = [0, 0, 0xffff, 1];
const mapping = () =>
  new Mapping({ id: 'm', listen: { address: null, port: 80 }, target: { address: '10.0.0.1', port: 80 }, multiplier: 1, pacing: 'response' });

test.each([
  ["the client's own port where it is free", true, (_: number) => false, 5000],
  ['another when it is taken', true, (port: number) => port === 5000, 8943],
  ['another for the second copy', false, (_: number) => false, 8943],
  ['none when all are taken', true, (_: number) => true, 0],
])('%s', (_, mayTakeWanted, isTaken, expected) => {
  expect(findPort(mapping(), client, 5000, mayTakeWanted, (__, port) => isTaken(port))).toBe(expected);
});

test('every port above 1023 comes up once before any comes again', () => {
  const each = mapping();
  const seen = new Set<number>();
  for (let count = 0; count < 65_536 - 1024; count++) seen.add(findPort(each, client, 1, false, () => false));
  expect(seen.size).toBe(65_536 - 1024);
  expect(Math.min(...seen)).toBe(1024);
});
