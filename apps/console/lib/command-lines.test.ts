import { expect, test } from 'vitest';
import { agentCommand, portRouteCommands, routeCommands, standAloneCommands } from './command-lines.ts';

test('an agent is started with the address that this page was opened with', () => {
  expect(agentCommand('online', 'plxa_x', 'http://10.0.0.1:3000')).toBe(
    'PARALLAX_TOKEN=plxa_x bin/parallax online --console ws://10.0.0.1:3000/ws/agent -i eth0',
  );
  expect(agentCommand('assistant', 'plxa_x', 'https://console.example/')).toContain('--console wss://console.example/ws/agent');
});

test.each([
  ['any address', { address: null, port: 6379 }, { address: '10.90.1.21', port: 6379 }, null, '-x 6379-10.90.1.21:6379 -s ASSISTANT:36524 -n 3'],
  [
    'one address and a relay',
    { address: '10.0.0.20', port: 80 },
    { address: '10.90.1.21', port: 81 },
    { address: '10.0.0.22', port: 1 },
    '-x 10.0.0.20:80-10.90.1.21:81 -s 10.0.0.22:1 -n 3',
  ],
  [
    'IPv6',
    { address: null, port: 80 },
    { address: '2001:db8::1', port: 81 },
    { address: '2001:db8::2', port: 1 },
    '-x 80-[2001:db8::1]:81 -s [2001:db8::2]:1 -n 3',
  ],
])('stand-alone: %s', (_, listen, target, relay, expected) => {
  const { assistant, online } = standAloneCommands({ listen, target, multiplier: 3, midStream: 'boundary', relay });
  expect(online).toBe(`bin/parallax online ${expected} --key-file parallax.key`);
  expect(assistant).toBe('bin/parallax assistant -i eth0 --key-file parallax.key');
});

test('stand-alone: what is not the default is said', () => {
  const mapping = { listen: { address: null, port: 80 }, target: { address: '10.0.0.1', port: 80 }, multiplier: 1, relay: null };
  expect(standAloneCommands({ ...mapping, midStream: 'skip' }).online).toContain(' -n 1 --mid-stream skip ');
});

test('routes by network and by port, each with its way back', () => {
  const given = { clientNet: '10.90.0.0/24', assistant: '10.90.1.22', targetPort: 6379 };
  expect(routeCommands(given)).toEqual({ apply: 'ip route replace 10.90.0.0/24 via 10.90.1.22', revert: 'ip route del 10.90.0.0/24 via 10.90.1.22' });
  expect(portRouteCommands({ ...given, assistant: '2001:db8::2' }).apply).toBe(
    'ip -6 route replace default via 2001:db8::2 table 36524\nip -6 rule add ipproto tcp sport 6379 lookup 36524',
  );
});
