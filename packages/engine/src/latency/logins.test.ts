import { postgres } from '@parallax/adapters';
import { expect, test } from 'vitest';
import { Rig } from '../testing/rig.ts';

const message = (type: string, body: string) => `${type}${String.fromCharCode(0, 0, 0, body.length + 4)}${body}`;
const STARTUP = '\0\0\0\x10\0\x03\0\0user\0x\0\0';
const SCRAM = message('p', 'SCRAM-SHA-256\0\0\0\0\x04n,,r');
const QUERY = message('Q', 'SELECT 1\0');

/** A session from this port that says these things after its startup, each answered. */
function session(rig: Rig, port: number, ...said: string[]): Rig {
  if (port !== 4000) rig.client('S', { port, seq: -1 }).online('S.', { port, seq: -1 }).client('.', { port });
  let seq = 0;
  for (const [index, payload] of [STARTUP, ...said].entries()) {
    rig
      .client('P.', { port, seq, ack: index * 9, payload })
      .online('P.', { port, seq: index * 9, ack: seq + payload.length, payload: message('R', '\0\0\0\0') });
    seq += payload.length;
  }
  return rig;
}
const begin = () => new Rig({ pacing: 'window', mapping: { adapter: postgres } }).opened();

test.each<[string, () => Rig, string[]]>([
  ['a proof that is good for one connection', () => session(begin(), 4000, SCRAM), ['bound logins']],
  ['it is told once', () => session(session(begin(), 4000, SCRAM), 4001, SCRAM), ['bound logins']],
  ['none', () => session(begin(), 4000, QUERY, QUERY), []],
  ['a password', () => session(begin(), 4000, message('p', 'Secret\0'), QUERY), []],
  ['one of two: a port for both goes on', () => session(session(begin(), 4000, QUERY), 4001, SCRAM), []],
  ['most of them', () => session(session(session(begin(), 4000, QUERY), 4001, SCRAM), 4002, SCRAM), ['bound logins']],
])('%s', (_, run, refusals) => {
  expect(run().refusals).toEqual(refusals);
});
