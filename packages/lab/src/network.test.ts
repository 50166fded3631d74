import { expect, test } from 'vitest';
import { cableScript, hostScript, lossScript, offloadArgs, routeScript } from './network.ts';

test('a cable is born in the switch and its far end moved into the host', () => {
  expect(cableScript('demo', 'target')).toContain('ip link add p-target type veth peer name eth0 address 02:90:00:00:01:21 netns demo-target');
});

test('without IPv6 nothing of it is touched', () => {
  for (const script of [hostScript('online', false), routeScript('on', false), lossScript(3, 'both', false)]) expect(script).not.toMatch(/ip6|-6 |fd90/);
});

test.each([
  ['in', ['-A PREROUTING -i eth0']],
  ['out', ['-A OUTPUT -o eth0']],
  ['both', ['-A PREROUTING -i eth0', '-A OUTPUT -o eth0']],
] as const)('loss %s drops with the given probability', (direction, rules) => {
  const drops = lossScript(2.5, direction, false).split('\n').slice(1);
  expect(drops).toEqual(rules.map((rule) => `iptables -w 5 -t raw ${rule} -m statistic --mode random --probability 0.025000 -j DROP`));
});

test('no loss only empties the table', () => {
  expect(lossScript(0, 'both', true).split('\n')).toEqual(['iptables -w 5 -t raw -F', 'ip6tables -w 5 -t raw -F']);
});

test('IPv6 loss spares neighbour discovery', () => {
  const lines = lossScript(10, 'in', true)
    .split('\n')
    .filter((line) => line.startsWith('ip6tables'));
  expect(lines.map((line) => line.split(' ').at(-1))).toEqual(['-F', 'ACCEPT', 'ACCEPT', 'DROP']);
});

test('offloads are switched together', () => {
  expect(offloadArgs('eth0', 'off').join(' ')).toBe('ethtool -K eth0 tx off sg off tso off gso off gro off');
});
