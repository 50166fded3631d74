import type { ComparisonSecond } from '@parallax/protocol';
import { expect, test } from 'vitest';
import { ComparisonBacklog } from './comparison-backlog.ts';

const second = (mappingId: string, sequence: number, run = 'r'): ComparisonSecond => ({
  type: 'comparison',
  mappingId,
  run,
  sequence,
  secondMs: sequence * 1000,
  ageMs: 3,
  connect: { online: null, target: null },
  kinds: [],
});
const kept = (backlog: ComparisonBacklog) => backlog.take().map(({ mappingId, run, sequence }) => `${mappingId}${run}${sequence}`);

test('a second is kept until the console has stored it, of this mapping and run', () => {
  const backlog = new ComparisonBacklog(() => 0);
  for (const each of [second('a', 0), second('b', 0), second('a', 1), second('a', 2), second('a', 0, 's')]) backlog.keep(each);
  backlog.drop({ type: 'comparison-stored', mappingId: 'a', run: 'r', sequence: 1 });
  expect(kept(backlog)).toEqual(['br0', 'ar2', 'as0']);
});

test('what is told late says how old it is by then', () => {
  let nowMs = 0;
  const backlog = new ComparisonBacklog(() => nowMs);
  backlog.keep(second('a', 0));
  nowMs = 7000;
  expect(backlog.take()[0]!.ageMs).toBe(7003);
});

test('ten minutes are kept, and no more than 32 MB', () => {
  let nowMs = 0;
  const backlog = new ComparisonBacklog(() => nowMs);
  for (let at = 0; at < 700; at++, nowMs += 1000) backlog.keep(second('a', at));
  expect(backlog.length).toBe(601);
  const large = { ...second('a', 701), connect: { online: 'A'.repeat(10 << 20), target: null } };
  for (let at = 0; at < 5; at++) backlog.keep(large);
  expect(backlog.length).toBe(3);
});
