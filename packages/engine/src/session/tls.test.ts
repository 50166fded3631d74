import { expect, test } from 'vitest';
import { Rig } from '../testing/rig.ts';

/** A TLS record with `lengthBytes` bytes of content, of which the first is given (RFC 8446 §5.1). */
const record = (type: number, first: number, lengthBytes = 40) => {
  const bytes = new Uint8Array(5 + lengthBytes).fill(0x77);
  bytes.set([type, 3, 3, lengthBytes >> 8, lengthBytes & 255, first]);
  return bytes;
};
const hello = record(22, 1);
const cipherSpec = record(20, 1, 1);
const keyExchange = record(22, 16);
const data = record(23, 9);
const alert = record(21, 2, 2);
const text = (words: string) => new TextEncoder().encode(words);

/** The client says these one after the other, and is answered with 2 bytes each time. */
const converse = (rig: Rig, ...said: Uint8Array[]): Rig => converseFrom(4000, rig, ...said);

function converseFrom(port: number, rig: Rig, ...said: Uint8Array[]): Rig {
  let seq = 0;
  for (const [index, payload] of said.entries()) {
    rig.client('P.', { port, seq, ack: index * 2, payload }).online('P.', { port, seq: index * 2, ack: seq + payload.length, payload: 'ok' });
    seq += payload.length;
  }
  return rig;
}
const session = (...said: Uint8Array[]) => converse(new Rig({ pacing: 'window' }).opened(), ...said);
const openBefore = (...said: Uint8Array[]) => converse(new Rig({ pacing: 'window' }), ...said);

const another = (rig: Rig, port = 4001) => rig.client('S', { port, seq: -1 }).online('S.', { port, seq: -1 }).client('.', { port });

test.each<[string, () => Rig, string[]]>([
  ['a ClientHello and records once it was answered (TLS 1.3)', () => session(hello, cipherSpec), ['TLS']],
  ['the same with another handshake message (TLS 1.2)', () => session(hello, keyExchange), ['TLS']],
  ['it is told once', () => session(hello, data, data, data), ['TLS']],
  ['behind a few turns in the clear (STARTTLS)', () => session(text('EHLO x'), text('STARTTLS'), hello, cipherSpec), ['TLS']],
  ['a lone ClientHello', () => session(hello), []],
  ['a ClientHello to a plain service: the client leaves with an alert', () => session(hello, alert), []],
  ['or goes on in the clear', () => session(hello, text('GET / HTTP/1.1')), []],
  ['all of it without an answer in between', () => converse(new Rig().opened().client('P.', { payload: hello }), new Uint8Array([...hello, ...data])), []],
  ['another handshake message at first', () => session(keyExchange, data), []],
  ['a version that is none', () => session(Uint8Array.of(22, 2, 1, 0, 40, 1, ...new Uint8Array(39)), data), []],
  ['a record of no bytes', () => session(Uint8Array.of(22, 3, 1, 0, 0, 1), data), []],
  ['bytes that begin like one, but are fewer', () => session(Uint8Array.of(22, 3, 1), data), []],
  ['open before: application data, twice', () => openBefore(text('what came before'), data, data), ['TLS']],
  ['open before: application data, once', () => openBefore(text('what came before'), data, text('plain')), []],
  ['open before: in the middle of an answer nothing tells', () => openBefore(data, data), []],
  ['most sessions are plain: a port for both goes on', () => converseFrom(4001, another(session(text('plain'), text('plain'))), hello, cipherSpec), []],
  [
    'most are not any more',
    () => converseFrom(4002, another(converseFrom(4001, another(session(text('plain'))), hello, cipherSpec), 4002), hello, cipherSpec),
    ['TLS'],
  ],
])('%s', (_, run, refusals) => {
  expect(run().refusals).toEqual(refusals);
});

test.each<[string, (rig: Rig) => Rig, string[]]>([
  ['signed segments that the online server answers', (rig) => rig.client('S', { seq: -1, isSigned: true }).online('S.', { seq: -1 }), ['TCP-MD5 or TCP-AO']],
  ['signed ones that it ignores', (rig) => rig.client('S', { seq: -1, isSigned: true }).wait(5000), []],
  ['signed ones that it refuses', (rig) => rig.client('S', { seq: -1, isSigned: true }).online('R.', { seq: -1 }), []],
  [
    'a connection that was open before',
    (rig) => rig.client('P.', { payload: 'abc', isSigned: true }).online('P.', { ack: 3, payload: 'ok' }),
    ['TCP-MD5 or TCP-AO'],
  ],
  ['segments that are not signed', (rig) => rig.opened(), []],
])('%s', (_, run, refusals) => {
  expect(run(new Rig()).refusals).toEqual(refusals);
});

test('what a signed connection says is not copied, however late the mapping is ended', () => {
  const rig = new Rig().client('S', { seq: -1, isSigned: true }).target('S.', { seq: -1 }).online('S.', { seq: -1 });
  rig.client('P.', { payload: 'abc', isSigned: true });
  expect(rig.take().filter((line) => line.includes('abc') || line.startsWith('P'))).toEqual([]);
});
