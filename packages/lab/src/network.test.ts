import { expect, test } from 'vitest';
import { cableScript, hostScript, lossScript, offloadArgs, routeScript } from './network.ts';

test('a cable is born in the switch and its far end moved into the host', () => {
  expect(cableScript('demo', 'target')).toContain('ip link add p-target type veth peer name eth0 address 02:90:00:00:01:21 netns demo-target');
});

test('without IPv6 nothing of it is touched', () => {
  for (const script of [hostScript('online', false), routeScript('on', false)]) expect(script).not.toMatch(/ip6|-6 |fd90/);
});

test.each([
  ['in', ['oifname']],
  ['out', ['iifname']],
  ['both', ['oifname', 'iifname']],
] as const)('loss %s drops with the given probability, sparing neighbour discovery', (direction, matches) => {
  const lines = lossScript(2.5, direction).split('\n');
  const drops = lines.filter((line) => line.includes(' drop'));
  expect(drops).toEqual(
    matches.map((match) => `nft 'add rule bridge loss forward ${match} "p-target" ether type { ip, ip6 } numgen random mod 1000000 < 25000 drop'`),
  );
  expect(lines.findIndex((line) => line.includes('nd-neighbor'))).toBeLessThan(lines.indexOf(drops[0]!));
});

test('no loss only removes the table', () => {
  expect(lossScript(0, 'both')).toBe('nft delete table bridge loss 2>/dev/null || true');
});

test('offloads are switched together', () => {
  expect(offloadArgs('eth0', 'off').join(' ')).toBe('ethtool -K eth0 tx off sg off tso off gso off gro off');
});
