// TLS between client and online server: a copy cannot take part, so the mapping says so and stops (docs/tcp-behaviour.md: row 54).
import { createInterface } from 'node:readline';
import { ADDRESS, type Host, Lab, waitUntil } from '@parallax/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { establishedOn, startPair } from '../scenario/support.ts';

const PORT = 8443;
/** A pre-shared key spares the certificate; what is on the wire are TLS records all the same. */
const PSK = "{ ciphers: 'PSK-AES128-GCM-SHA256', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }";
let lab: Lab;

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxt-${process.pid}`, removeOnExit: true });
});
afterAll(async () => lab?.down());

/** A TLS server that answers each chunk; every connection is a line. */
async function serveTls(host: Host): Promise<{ connections: () => number; stop(): void }> {
  const script = `const server = require('node:tls').createServer({ ...${PSK}, pskCallback: () => Buffer.alloc(16, 7) }, (socket) => {
      socket.on('data', () => socket.write('answer')).on('error', () => {}); });
    server.on('connection', () => console.log('connection')).on('tlsClientError', () => {}).listen(${PORT}, '::', () => console.log('listening'));`;
  const child = lab.spawn(host, [process.execPath, '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line));
  await waitUntil(() => lines.includes('listening'), { what: `the TLS server on ${host} listens` });
  return { connections: () => lines.filter((line) => line === 'connection').length, stop: () => child.kill() };
}

/** So many clients, one after the other, each with three requests; resolves with the number of answers. */
const talkTls = (clients: number): Promise<string> => {
  const script = `const tls = require('node:tls'); let answers = 0;
    const one = (left) => { if (left === 0) return console.log(answers);
      let asked = 1;
      const socket = tls.connect({ host: '${ADDRESS.online}', port: ${PORT}, ...${PSK}, checkServerIdentity: () => undefined,
        pskCallback: () => ({ psk: Buffer.alloc(16, 7), identity: 'x' }) }, () => socket.write('ask'));
      socket.on('data', () => { answers++; if (asked++ < 3) socket.write('ask'); else socket.end(); });
      socket.on('error', (error) => console.error(error.message)).on('close', () => one(left - 1)); };
    one(${clients});`;
  return lab.mustExec('client', [process.execPath, '-e', script], { timeoutMs: 20_000 });
};

test('54: the first TLS session ends the mapping with its reason; the target is left alone, and no client notices', async () => {
  const online = await serveTls('online');
  const target = await serveTls('target');
  const pair = await startPair(lab, ['-x', `${PORT}-${ADDRESS.target}:${PORT}`]);
  const ended = new Promise((resolve) => pair.online.child.once('exit', resolve));
  expect(await talkTls(1)).toBe('3\n');
  expect(await ended, 'the only mapping has failed').not.toBe(0);
  expect(pair.online.log.join('\n')).toMatch(/the clients speak TLS/);
  expect(await talkTls(20)).toBe('60\n');
  expect(online.connections()).toBe(21);
  expect(target.connections(), 'connections at the target').toBeLessThanOrEqual(2);
  expect(establishedOn(lab, 'target', PORT)).toEqual([]);
  await pair.assistant.stop();
  online.stop();
  target.stop();
});
