import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { parseAddress } from '@parallax/wire';
import { expect, test } from 'vitest';
import { Connections, readConnections } from './connections.ts';

test.each(['127.0.0.1', '::1'])('a connection over %s is listed while it is there, whatever the family of the socket that took it', async (host) => {
  const taken: Socket[] = [];
  const server = createServer((socket) => taken.push(socket.on('error', () => {}))).listen(0, '::');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ host, port });
  await once(client, 'connect');
  const address = parseAddress(host)!;
  const clientPort = client.localPort!;
  const open = await readConnections();
  expect(open.has(address, port, address, clientPort)).toBe(true);
  expect(open.has(address, port, address, clientPort === 1 ? 2 : clientPort - 1)).toBe(false);
  client.resetAndDestroy();
  await expect.poll(async () => (await readConnections()).has(address, port, address, clientPort)).toBe(false);
  for (const socket of taken) socket.destroy();
  server.close();
});

test('one in TIME_WAIT is over', () => {
  const connections = new Connections();
  const line = (state: string) => `   7: 14015A0A:18EB 0A005A0A:0FA0 ${state} 00000000:00000000 00:00000000 00000000     0        0 5 1 0 20 4 30 10 -1`;
  const isThere = () => connections.has(parseAddress('10.90.1.20')!, 6379, parseAddress('10.90.0.10')!, 4000);
  connections.add(line('06'));
  expect(isThere()).toBe(false);
  connections.add(line('08'));
  expect(isThere()).toBe(true);
});
