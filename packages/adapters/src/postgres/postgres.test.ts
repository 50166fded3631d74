import { expect, describe as group, test } from 'vitest';
import { ends, join, logins, requestLines, responseLines, statuses, totalBytes } from '../testing/transcript.ts';
import { postgres } from './adapter.ts';
import {
  bind,
  complete,
  describe,
  error,
  execute,
  message,
  PROTOCOL_3,
  parse,
  postgresConversation,
  query,
  ready,
  SSL_REQUEST,
  startup,
  sync,
} from './conversation.ts';

test('a conversation with PostgreSQL 15', () => {
  const asked = ends(requestLines(postgres, postgresConversation.client));
  expect(asked).toEqual(['SSLRequest', 'startup', 'SELECT', 'INSERT', 'UPDATE', 'prepare', 'DELETE', 'COPY', 'other statement']);
  const lines = responseLines(postgres, postgresConversation.server);
  const answered = statuses(lines);
  expect(answered).toEqual(['refused', 'ok', 'ok', '23505 error', 'ok', 'ok', 'ok', 'ok', '42601 error']);
  expect(answered).toHaveLength(asked.length); // the notification is nobody's
  expect(totalBytes(lines)).toBe(postgresConversation.server.length - message('A', '\0\0\x01\x02news\0hello\0').length);
  expect([...asked, ...answered].join()).not.toMatch(/secret/i);
});

group('statements', () => {
  test.each([
    ['  SELECT 1', 'SELECT'],
    ['(((select 1)))', 'SELECT'],
    ['-- what\nupdate t set a = 1', 'UPDATE'],
    ['/* a /* nested */ one */ delete from t', 'DELETE'],
    ['with x as (select 1) select * from x', 'WITH'],
    [';;BEGIN; COMMIT', 'BEGIN'],
    ['', 'empty statement'],
    ['-- nothing', 'empty statement'],
    ["'Secret'", 'other statement'],
    ['Secret', 'other statement'],
    ['selects', 'other statement'],
    ['select_1', 'other statement'],
    ['selec\u00e9', 'other statement'],
  ])('%s', (sql, kind) => {
    expect(ends(requestLines(postgres, query(sql), [], false))).toEqual([kind]);
  });
});

test('a statement that is one long word', () => {
  expect(ends(requestLines(postgres, query('x'.repeat(100_000)), [], false))).toEqual(['other statement']);
});

group('requests', () => {
  test.each<[string, Uint8Array, string[]]>([
    [
      'a pipeline is one request per Sync',
      join(parse('', 'select 1'), bind(''), execute, sync, parse('', 'insert into t'), bind(''), execute, sync),
      ['SELECT', 'INSERT'],
    ],
    ['several executions in one', join(parse('', 'begin'), bind(''), execute, parse('', 'select 1'), bind(''), execute, sync), ['BEGIN']],
    ['a statement that was prepared before the start', join(bind('s9'), execute, sync), ['other statement']],
    ['named portals', join(parse('s', 'select 1'), bind('s', 'Secret'), describe, execute, sync), ['SELECT']],
    ['only parsed', join(parse('s', 'select 1'), sync), ['prepare']],
    ['only Sync', sync, ['sync']],
    [
      'an extended copy',
      join(parse('', 'copy t from stdin'), bind(''), execute, sync, message('d', 'x'), message('c'), sync, query('select 1')),
      ['COPY', 'SELECT'],
    ],
    ['a function call', message('F', '\0\0\0\x01'), ['function call']],
    ['goodbye', message('X'), []],
    ['TLS', join('\x16\x03\x01'), ['lost: TLS']],
    ['a length that is none', join('Q\0\0\0\x01'), ['lost: a message length that is none']],
    ['a type that is none', message('k', ''), ['lost: not the protocol of PostgreSQL']],
  ])('%s', (_, bytes, expected) => {
    expect(ends(requestLines(postgres, bytes, [], false))).toEqual(expected);
  });

  test.each<[string, Uint8Array, string[]]>([
    ['TLS after it was asked for', join(startup(SSL_REQUEST), '\x16\x03\x01'), ['SSLRequest', 'lost: TLS']],
    ['a cancellation', startup(80877102, '\0\0\x01\x02\0\0\x03\x04'), ['CancelRequest (no answer)', 'lost: nothing follows a CancelRequest']],
    ['protocol 3.2', join(startup(196610, 'user\0x\0\0'), query('select 1')), ['startup', 'SELECT']],
    ['protocol 2', startup(131072, 'x'), ['lost: not version 3 of the protocol of PostgreSQL']],
    ['a length that is none', startup(PROTOCOL_3, 'x'.repeat(20_000)), ['lost: not the protocol of PostgreSQL']],
    ['another protocol', join('GET / HTTP/1.1\r\n'), ['lost: not the protocol of PostgreSQL']],
  ])('at the start: %s', (_, bytes, expected) => {
    expect(ends(requestLines(postgres, bytes))).toEqual(expected);
  });

  test('statements by the thousand are forgotten, not kept', () => {
    const many = Array.from({ length: 2000 }, (_, index) => join(parse(`s${index}`, 'select 1'), sync));
    const lines = ends(requestLines(postgres, join(...many, bind('s1999'), execute, sync, bind('s0'), execute, sync), [], false));
    expect(lines.slice(-2)).toEqual(['SELECT', 'other statement']);
  });
});

group('logins', () => {
  const begin = startup(PROTOCOL_3, 'user\0x\0\0');
  test.each<[string, Uint8Array, string[]]>([
    ['SCRAM', postgresConversation.client, ['bound login']],
    ['MD5', join(begin, message('p', `md5${'0a'.repeat(16)}\0`), query('select 1')), ['bound login']],
    ['a password', join(begin, message('p', 'Secret\0'), query('select 1')), ['free login']],
    ['a password that begins like MD5', join(begin, message('p', 'md5 Secret\0')), ['free login']],
    ['an empty password', join(begin, message('p', '\0')), ['free login']],
    ['trust', join(begin, query('select 1'), query('select 1')), ['free login']],
    ['a client that leaves', join(begin, message('X')), []],
  ])('%s', (_, bytes, expected) => {
    expect(logins(requestLines(postgres, bytes))).toEqual(expected);
  });

  test('a connection that was open before tells of none', () => {
    expect(logins(requestLines(postgres, join(message('p', 'SCRAM-SHA-256\0'), query('select 1')), [], false))).toEqual([]);
  });
});

group('responses', () => {
  test.each<[string, Uint8Array, boolean, string[]]>([
    ['the first error counts', join(error('42P01'), error('25P02'), ready), false, ['42P01 error']],
    ['an error and then nothing', error('28P01', 'FATAL'), true, ['28P01 error late']],
    ['refused twice, GSS and SSL', join('NN', message('R', '\0\0\0\0'), ready), true, ['refused', 'refused', 'ok']],
    ['encrypted', join('S\x16\x03'), true, ['accepted', 'lost: encrypted from here on']],
    ["a notice is nobody's", join(message('N', 'SNOTICE\0\0'), message('A', 'x'), complete('X'), ready), false, ['ok']],
    ['replication', message('W', '\0\0\0'), false, ['lost: not the protocol of PostgreSQL']],
  ])('%s', (_, bytes, isFromStart, expected) => {
    expect(statuses(responseLines(postgres, bytes, [], isFromStart))).toEqual(expected);
  });
});
