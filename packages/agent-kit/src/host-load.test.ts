import { createConnection, createServer, type Server } from 'node:net';
import type { LoadQuery } from '@parallax/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostLoad, loadOf, readConnections } from './host-load.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const line = (local: string, remote: string, state: string) => `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1\n`;
const query = (change: Partial<LoadQuery['listen']> = {}): LoadQuery => ({
  listen: { address: null, port: 80, ...change },
  ports: { first: 1024, last: 32_767 },
});
// 10.90.1.20:80, clients 10.90.0.10 and 10.90.0.11; the words are little endian.
const text =
  HEAD +
  line('00000000:0050', '00000000:0000', '0A') +
  line('14015A0A:0050', '0A005A0A:9C40', '01') +
  line('14015A0A:0050', '0A005A0A:1F40', '01') +
  line('14015A0A:0051', '0A005A0A:9C41', '01') +
  line('14015A0A:0050', '0B005A0A:9C40', '01') +
  line('14015A0A:0050', '0B005A0A:9C42', '06') +
  line('0100007F:0050', '0100007F:9C42', '01');

test.each([
  ['of one port', query(), 5],
  ['of a range', query({ lastPort: 81 }), 6],
  ['of one address', query({ address: '10.90.1.20' }), 4],
  ['of another address', query({ address: '10.90.1.21' }), 0],
])('connections %s', (_, asked, count) => {
  expect(readConnections(text, asked).length).toBe(count);
});

test('clients by how many they have open, the busiest first', () => {
  const now = readConnections(text, query());
  expect(loadOf(now.slice(2), now, 2000, query())).toEqual({
    clients: [
      { address: '10.90.0.10', sessions: 2, inside: 1, isLocal: false },
      { address: '10.90.0.11', sessions: 1, inside: 0, isLocal: false },
      { address: '127.0.0.1', sessions: 1, inside: 0, isLocal: true },
    ],
    others: { clients: 0, sessions: 0, inside: 0 },
    opensPerSecond: 1,
  });
});

test('an IPv6 client, and an IPv4 one of a socket for both', () => {
  const six = line('000090FD000000000000000020000000:0050', '000090FD000000000000000010000000:9C40', '01');
  const mapped = line('0000000000000000FFFF000014015A0A:0050', '0000000000000000FFFF00000A005A0A:9C40', '01');
  const load = loadOf([], readConnections(HEAD + six + mapped, query()), 1000, query());
  expect(load.clients.map(({ address }) => address)).toEqual(['fd90::10', '10.90.0.10']);
});

test('a thousand clients by name, the rest together', () => {
  const lines = Array.from({ length: 1500 }, (_, index) =>
    line(
      '14015A0A:0050',
      `${Buffer.of(index & 255, index >> 8, 5, 10)
        .toString('hex')
        .toUpperCase()}:0400`,
      '01',
    ),
  );
  const { clients, others } = loadOf([], readConnections(HEAD + lines.join(''), query()), 1000, query());
  expect([clients.length, others]).toEqual([1000, { clients: 500, sessions: 500, inside: 500 }]);
});

let server: Server;
let port: number;
beforeAll(async () => {
  server = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as { port: number });
});
afterAll(() => server.close());

test('this host’s own tables', async () => {
  const sockets = Array.from({ length: 7 }, () => createConnection({ port, host: '127.0.0.1' }));
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  const { clients, opensPerSecond } = await hostLoad({ listen: { address: '127.0.0.1', port }, ports: { first: 1, last: 65_535 } });
  for (const socket of sockets) socket.destroy();
  expect(clients).toEqual([{ address: '127.0.0.1', sessions: 7, inside: 7, isLocal: true }]);
  expect(opensPerSecond).toBe(0);
});
