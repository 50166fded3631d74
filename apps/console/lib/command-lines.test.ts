import { expect, test } from 'vitest';
import { mappingInput } from '../testing/samples.ts';
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
  const { assistant, online } = standAloneCommands({ ...mappingInput({ listen, target }), relay });
  expect(online).toBe(`bin/parallax online ${expected} --key-file parallax.key`);
  expect(assistant).toBe('bin/parallax assistant -i eth0 --key-file parallax.key');
});

test('stand-alone: what differs from the defaults', () => {
  const { selection, sources } = mappingInput();
  const ramp = { fromPercent: 1, steps: 10, stepSeconds: 60 };
  const { online } = standAloneCommands({
    ...mappingInput({
      listen: { address: null, port: 80, lastPort: 89 },
      target: { address: '2001:db8::1', port: 80, lastPort: 89 },
      multiplier: 2.5,
      pacing: 'window',
      midStream: 'skip',
      adapter: 'http1',
    }),
    selection: { ...selection, percent: 30, by: 'client', include: ['10.0.0.0/8'], exclude: ['10.1.0.0/16', '10.2.0.0/16'], maxSessions: 500, ramp },
    sources: { ...sources, identity: 'address', address: 'fd96::7', pool: ['fd95::/120'], loopbackAs: 'fd96::8', ports: { first: 20_000, last: 29_999 } },
    relay: null,
  });
  expect(online).toBe(
    'bin/parallax online -x 80..89-[2001:db8::1]:80..89 -s ASSISTANT:36524 -n 2.5 --pacing window --mid-stream skip --adapter http1 -r 30 --select-by client --clients 10.0.0.0/8 ' +
      '--not-clients 10.1.0.0/16,10.2.0.0/16 --max-sessions 500 -g 1:10:60 -c fd96::7 --pool fd95::/120 -H fd96::8 --ports 20000-29999 --key-file parallax.key',
  );
  const dealt = standAloneCommands({ ...mappingInput(), sources: { ...sources, identity: 'pool', pool: ['10.95.0.0/24'] }, relay: null });
  expect(dealt.online).toContain(' -c 10.95.0.0/24 --key-file');
});

test('routes by network and by port, each with its way back', () => {
  expect(routeCommands({ networks: ['10.90.0.0/24', '10.95.0.0/29'], assistant: '10.90.1.22' })).toEqual({
    apply: 'ip route replace 10.90.0.0/24 via 10.90.1.22\nip route replace 10.95.0.0/29 via 10.90.1.22',
    revert: 'ip route del 10.90.0.0/24 via 10.90.1.22\nip route del 10.95.0.0/29 via 10.90.1.22',
  });
  expect(portRouteCommands({ assistant: '10.90.1.22', target: { port: 8000, lastPort: 8010 } }).apply).toContain('sport 8000-8010 lookup');
  expect(portRouteCommands({ assistant: '2001:db8::2', target: { port: 6379 } }).apply).toBe(
    'ip -6 route replace default via 2001:db8::2 table 36524\nip -6 rule add ipproto tcp sport 6379 lookup 36524',
  );
});
