// The link against a real WebSocket server.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ComparisonStored, Desired, Hello, PROTOCOL_VERSION, type ToAgent, type WatchSessions } from '@parallax/protocol';
import { afterEach, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { ConsoleLink } from './console-link.ts';
import { hostFacts } from './host-facts.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws/agent`;
}

async function serve(onSocket: (socket: WebSocket, hello: Hello, authorization: string | undefined) => void): Promise<string> {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    socket.once('message', (data) => onSocket(socket, Hello.parse(JSON.parse(String(data))), request.headers.authorization));
  });
  open.push({ close: () => sockets.clients.forEach((each) => void each.terminate()) }, server);
  return listen(server);
}

function dial(url: string) {
  const seen = {
    states: [] as [boolean, string][],
    desired: [] as Desired[],
    watches: [] as WatchSessions[],
    stored: [] as ComparisonStored[],
    leaseEnds: [] as number[],
  };
  const link = new ConsoleLink({
    url,
    token: 'secret',
    hello: () => ({ agentVersion: '0.1.0', role: 'online', facts: hostFacts(), io: { backend: 'ring', why: 'test' }, relay: null }),
    onDesired: (desired) => seen.desired.push(desired),
    onWatch: (watch) => seen.watches.push(watch),
    onAskLoad: () => {},
    onStored: (stored) => seen.stored.push(stored),
    onState: (isConnected, reason) => seen.states.push([isConnected, reason]),
    onLeaseEnd: (leaseMs) => seen.leaseEnds.push(leaseMs),
  });
  open.push(link);
  return { link, seen };
}

const say = (socket: WebSocket, message: ToAgent) => socket.send(JSON.stringify(message));
const welcome = { type: 'welcome', agentId: 'a', agentName: 'online', leaseMs: 1000 } as const;

test('hello with the token, welcome, desired state, watch, heartbeat', async () => {
  const said: unknown[] = [];
  const url = await serve((socket, hello, authorization) => {
    expect(authorization).toBe('Bearer secret');
    expect(hello.protocol).toBe(PROTOCOL_VERSION);
    socket.on('message', (data) => said.push(JSON.parse(String(data))));
    say(socket, welcome);
    say(socket, { type: 'desired', revision: 3, mappings: [], relays: [] });
    say(socket, { type: 'watch-sessions', mappingId: 'm', on: true });
    say(socket, { type: 'comparison-stored', mappingId: 'm', run: 'r', sequence: 4 });
    say(socket, { type: 'heartbeat', sequence: 9 });
  });
  const { seen } = dial(url);
  await vi.waitFor(() => expect(said).toEqual([{ type: 'heartbeat-seen', sequence: 9 }]));
  expect(seen.states).toEqual([[true, 'connected as online']]);
  expect(seen.desired[0]?.revision).toBe(3);
  expect(seen.watches).toEqual([{ type: 'watch-sessions', mappingId: 'm', on: true }]);
  expect(seen.stored).toEqual([{ type: 'comparison-stored', mappingId: 'm', run: 'r', sequence: 4 }]);
});

test('a console that stays silent for the lease time ends the lease, once until it speaks again', { timeout: 10_000 }, async () => {
  const url = await serve((socket) => say(socket, welcome));
  const { seen } = dial(url);
  await vi.waitFor(() => expect(seen.leaseEnds).toEqual([1000]), { timeout: 5000 });
});

test('it comes back by itself after the console was gone', async () => {
  let count = 0;
  const url = await serve((socket) => {
    say(socket, welcome);
    if (count++ === 0) setTimeout(() => socket.terminate(), 50);
  });
  const { seen } = dial(url);
  await vi.waitFor(() => expect(seen.states.map(([isConnected]) => isConnected)).toEqual([true, false, true]), { timeout: 5000 });
});

test('a refusal and an unknown token are told in the console’s words and with the remedy', async () => {
  const refusing = await serve((socket) => {
    say(socket, { type: 'refusal', reason: 'protocol 9 is not 1' });
    socket.close(4000);
  });
  const { seen } = dial(refusing);
  await vi.waitFor(() => expect(seen.states[0]).toEqual([false, 'the console refused this agent: protocol 9 is not 1']));
  const server = createServer();
  server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n'));
  open.push(server);
  const { seen: unknown } = dial(await listen(server));
  await vi.waitFor(() => expect(unknown.states[0]?.[1]).toMatch(/does not know this token \(401\); add the agent anew/));
});

test('what a newer console says and this agent does not know is passed over', async () => {
  const url = await serve((socket) => {
    say(socket, welcome);
    socket.send(JSON.stringify({ type: 'from-the-future', x: 1 }));
    say(socket, { type: 'desired', revision: 1, mappings: [], relays: [] });
  });
  const { seen } = dial(url);
  await vi.waitFor(() => expect(seen.desired.length).toBe(1));
});

test('the facts of this host satisfy their schema and name the capabilities held', () => {
  const facts = hostFacts();
  expect(Hello.shape.facts.parse(facts)).toEqual(facts);
  expect(facts.interfaces.map(({ name }) => name)).toContain('lo');
  expect(Desired.safeParse({}).success).toBe(false);
});
