import type { MappingView } from '@parallax/protocol';
import { expect, test } from 'vitest';
import { mapping } from '../testing/samples.ts';
import { shareOf } from './share.ts';

const one = (onlineAgentId: string, target: MappingView['target'], desired: 'running' | 'stopped' = 'running') =>
  mapping({ id: `${onlineAgentId}-${target.port}`, onlineAgentId, target, desired });
const redis = { address: '10.0.0.21', port: 6379 };

test('an agent alone has all ports, however many mappings it has', () => {
  const all = [one('a', redis), { ...one('a', redis), id: 'second' }];
  expect(shareOf(all[0]!, all)).toEqual({ index: 0, count: 1 });
});

test('agents of one target have a part each, whatever the order', () => {
  const all = [one('b', redis), one('c', { address: '10.0.0.21', port: 6000, lastPort: 6400 }), one('a', redis)];
  expect(all.map((each) => shareOf(each, all).index)).toEqual([1, 2, 0]);
  expect(all.map((each) => shareOf(each, [...all].reverse()).count)).toEqual([3, 3, 3]);
});

test('of targets that overlap in a chain, all have parts of the same whole', () => {
  const at = (agent: string, port: number, lastPort: number) => one(agent, { address: '10.0.0.21', port, lastPort });
  const all = [at('a', 1, 10), at('b', 10, 20), at('c', 20, 30)];
  expect(all.map((each) => shareOf(each, all))).toEqual([0, 1, 2].map((index) => ({ index, count: 3 })));
});

test.each([
  ['that is stopped', one('b', redis, 'stopped')],
  ['of another port', one('b', { ...redis, port: 6380 })],
  ['of another address', one('b', { ...redis, address: '10.0.0.22' })],
])('an agent %s takes nothing', (_, other) => {
  const own = one('a', redis);
  expect(shareOf(own, [own, other])).toEqual({ index: 0, count: 1 });
});

test('an address written in two ways is one', () => {
  const all = [one('a', { address: '::1:0', port: 1 }), one('b', { address: '0:0:0:0:0:0:1:0', port: 1 })];
  expect(all.map((each) => shareOf(each, all).count)).toEqual([2, 2]);
});
