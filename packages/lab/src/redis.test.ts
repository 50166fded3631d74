import { expect, test } from 'vitest';
import { parseInfo, redisCalls } from './redis.ts';
import { decodeReply, encodeCommand } from './redis-client.ts';
import { parseMonitorLine } from './redis-monitor.ts';

test('a command counts bytes, not characters', () => {
  expect(encodeCommand(['SET', 'clé', '']).toString()).toBe('*3\r\n$3\r\nSET\r\n$4\r\nclé\r\n$0\r\n\r\n');
});

test.each([
  ['simple', '+PONG\r\n', 'PONG'],
  ['integer', ':-3\r\n', -3],
  ['bulk with a line end inside', '$4\r\na\r\nb\r\n', 'a\r\nb'],
  ['null', '$-1\r\n', null],
  ['nested', '*2\r\n:1\r\n*1\r\n$1\r\nx\r\n', [1, ['x']]],
])('a %s reply is read, and not before it is complete', (_, text, value) => {
  expect(decodeReply(Buffer.from(text))).toEqual({ value, end: text.length });
  for (let cut = 0; cut < text.length; cut++) expect(decodeReply(Buffer.from(text.slice(0, cut)))).toBeUndefined();
});

test('INFO becomes numbers, and calls per command', () => {
  const info = parseInfo('# Stats\r\ntotal_commands_processed:12\r\nredis_version:7.0.15\r\n\r\ncmdstat_get:calls=7,usec=1,usec_per_call=0.14\r\n');
  expect(info).toMatchObject({ total_commands_processed: 12, redis_version: '7.0.15' });
  expect(redisCalls(info)).toEqual({ get: 7 });
});

test.each([
  ['+1339518083.107412 [0 127.0.0.1:60866] "keys" "*"', { atMs: 1339518083107.412, db: 0, peer: '127.0.0.1:60866', words: ['keys', '*'] }],
  ['+1.5 [9 unix:/run/x.sock] "set" "a b" "\\"q\\" \\\\ \\x00\\n"', { atMs: 1500, db: 9, peer: 'unix:/run/x.sock', words: ['set', 'a b', '"q" \\ \x00\n'] }],
  ['+1.5 [0 [fd90::10]:4711] "ping"', { atMs: 1500, db: 0, peer: '[fd90::10]:4711', words: ['ping'] }],
  ['+OK', undefined],
])('the MONITOR line %s', (line, parsed) => {
  expect(parseMonitorLine(line)).toEqual(parsed);
});
