import { describe, expect, test } from 'vitest';
import { ends, join, logins, requestLines, responseLines, statuses, totalBytes } from '../testing/transcript.ts';
import { mysql } from './adapter.ts';
import {
  column,
  command,
  eof,
  error,
  greeting,
  LOGIN_CAPABILITIES,
  login,
  moreOk,
  mysqlConversation,
  ok,
  okEof,
  packet,
  packets,
  query,
} from './conversation.ts';

test('a conversation with MySQL 8', () => {
  const asked = ends(requestLines(mysql, mysqlConversation.client));
  expect(asked).toEqual([
    ...['login', 'SELECT', 'INSERT', 'SELECT', 'prepare', 'execute', 'close statement (no answer)', 'ping', 'CALL', 'LOAD', 'statistics', 'SELECT'],
    'quit (no answer)',
  ]);
  const lines = responseLines(mysql, mysqlConversation.server);
  const answered = statuses(lines);
  expect(answered).toEqual([...['ok', 'ok', 'ok', '1146 error', 'ok late', 'ok', 'ok', 'ok', 'ok', 'ok late', 'ok']]);
  expect(answered).toHaveLength(asked.filter((line) => !line.endsWith('(no answer)')).length);
  expect(totalBytes(lines)).toBe(mysqlConversation.server.length - greeting.length);
  expect([...asked, ...answered].join()).not.toMatch(/secret/i);
});

describe('logins', () => {
  const head = `${String.fromCharCode(0, 0x82, 0, 0)}\0\0\0\x01\xff${'\0'.repeat(23)}`;
  test.each<[string, Uint8Array, string[]]>([
    ['a scramble', mysqlConversation.client, ['bound login']],
    ['no password', join(packet(1, head, 'root\0', '\0'), query('select 1')), ['free login']],
    ['nobody', join(packet(1, head, '\0', '\0')), ['free login']],
    ['a long name and a scramble', join(packet(1, head, 'x'.repeat(32), '\0', '\x14', 'y'.repeat(20))), ['bound login']],
    ['TLS', packet(1, String.fromCharCode(0, 0x8a, 0, 0), '\0'.repeat(28)), []],
  ])('%s', (_, bytes, expected) => {
    expect(logins(requestLines(mysql, bytes))).toEqual(expected);
  });
});

describe('requests', () => {
  test.each<[string, Uint8Array, boolean, string[]]>([
    [
      'TLS',
      login(LOGIN_CAPABILITIES | 0x800)
        .subarray(0, 36)
        .map((byte, index) => (index === 0 ? 32 : byte)),
      true,
      ['login (no answer)', 'lost: TLS'],
    ],
    ['compression', join(login(LOGIN_CAPABILITIES | 0x20), 'x'), true, ['login', 'lost: compressed from here on']],
    [
      'a statement of more than one packet',
      join(packet(0, '\x03select ', new Uint8Array(0xffffff - 8).fill(0x20)), packet(1, 'x'), query('SET a = 1')),
      false,
      ['SELECT', 'SET'],
    ],
    ['commands for MySQL only', query('/*!40101 SET NAMES utf8 */'), false, ['SET']],
    ['comments do not nest', query('/* a /* b */ update t'), false, ['UPDATE']],
    ['comments with #', query('# x\nreplace into t'), false, ['REPLACE']],
    ['replication', command(0x12, 'x'), false, ['binlog dump', 'lost: a stream of the binary log']],
    ['a command that is none', command(0x7f), false, ['lost: not the protocol of MySQL']],
    ['an empty command', packet(0), false, ['lost: a command without a byte']],
    ['another protocol', join('GET / HTTP/1.1\r\n'), true, ['lost: not the protocol of MySQL']],
  ])('%s', (_, bytes, isFromStart, expected) => {
    expect(ends(requestLines(mysql, bytes, [], isFromStart))).toEqual(expected);
  });
});

describe('responses', () => {
  const rows = Array.from({ length: 700 }, () => '\x01a');
  test.each<[string, Uint8Array, string[]]>([
    ['sequence numbers wrap', join(packets('\x01', column, ...rows, okEof), packets(ok)), ['ok', 'ok']],
    ['an error amid rows', packets('\x01', column, eof, '\x01a', error(1317)), ['1317 error']],
    ['no rows, older clients', join(packets('\x01', column, eof, eof), packets(ok)), ['ok', 'ok']],
    ['no rows, newer clients', join(packets('\x01', column, okEof), packets(ok)), ['ok', 'ok']],
    ['a cursor without rows', join(packets('\x01', column, '\xfe\0\0\x42\0'), packets(ok)), ['ok', 'ok']],
    ['several statements', join(packets(moreOk, moreOk, ok), packets(ok)), ['ok', 'ok']],
    ['300 columns', join(packets('\xfc\x2c\x01', ...Array.from({ length: 300 }, () => column), okEof), packets(ok)), ['ok', 'ok']],
    ['without definitions (MariaDB)', join(packets('\x02\0', '\x01a\x01b', okEof), packets(ok)), ['ok', 'ok']],
    ['a user that changes', packets('\xfemysql_native_password\0salt', ok), ['ok']],
    ['a number of more than three digits', packets(error(13)), ['13 error']],
    ['a packet that is missing', join(packets('\x01', column), packet(4, okEof)), ['lost: a packet is missing']],
  ])('%s', (_, bytes, expected) => {
    const lines = responseLines(mysql, bytes, [], false);
    expect(statuses(lines)).toEqual(expected);
    if (!lines.at(-1)!.startsWith('lost')) expect(totalBytes(lines)).toBe(bytes.length);
  });

  test('a server that refuses at once has nothing to answer', () => {
    expect(responseLines(mysql, packet(0, error(1040)))).toEqual([]);
    expect(statuses(responseLines(mysql, join(greeting, packet(2, error(1045)))))).toEqual(['1045 error']);
  });
});
