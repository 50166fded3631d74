import { describe, expect, test } from 'vitest';
import { Kinds, MOST_KINDS } from '../kinds.ts';
import { bytesOf, ends, requestLines, responseLines } from '../testing/transcript.ts';
import { redis } from './adapter.ts';
import { command, redisConversation } from './conversation.ts';

test('a conversation with Redis 7', () => {
  const kinds = ['HELLO', 'CLIENT SETINFO', 'SET', 'GET', 'GET', 'LPUSH', 'MULTI', 'INCR', 'EXEC', 'HGETALL', 'PING', 'CONFIG GET', 'JSON.GET'];
  expect(ends(requestLines(redis, redisConversation.client))).toEqual(kinds);
  const statuses = ends(responseLines(redis, redisConversation.server));
  expect(statuses).toHaveLength(kinds.length); // the push is nobody's reply
  expect(statuses.map((line) => line.replace(/ \d+$/, ''))).toEqual([
    ...['ok', 'ok', 'ok', 'ok', 'nil', 'WRONGTYPE error', 'ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'ERR error'],
  ]);
});

describe('requests', () => {
  test.each([
    ['inline commands', 'set a 1\r\n  get a\r\nconfig get x\r\nclient\r\n', ['SET', 'GET', 'CONFIG GET', 'CLIENT']],
    ['a container alone', command('CLIENT'), ['CLIENT']],
    ['a container with a value for a word', command('MEMORY', '\x00\x01'), ['MEMORY']],
    ['words that are none', command('p\u00e4ss wort') + command('GET', 'a'), ['other', 'GET']],
    ['a command that is too long', command('A'.repeat(33)), ['other']],
    ['an empty command', `*0\r\n*-1\r\n*1\r\n$0\r\n\r\n${command('GET', 'a')}`, ['other', 'GET']],
    ['subscriptions', command('SUBSCRIBE', 'news') + command('PING'), ['SUBSCRIBE', 'lost: what follows is no answer to a command']],
    ['replies switched off', command('CLIENT', 'REPLY', 'OFF'), ['CLIENT REPLY', 'lost: what follows is no answer to a command']],
    ['no array of bulk strings', '*1\r\n:1\r\n', ['lost: an argument that is no bulk string']],
    ['a length that is none', '*1\r\n$x\r\n', ['lost: a length that is none']],
    ['too many arguments', '*99999999\r\n', ['lost: a command of too many arguments']],
    ['TLS', '\x16\x03\x01', ['lost: TLS']],
  ])('%s', (_, text, expected) => {
    expect(ends(requestLines(redis, bytesOf(text)))).toEqual(expected);
  });

  test('a client that invents commands fills one table, and no more', () => {
    const kinds = new Kinds();
    const lines = requestLines(redis, bytesOf(Array.from({ length: 200 }, (_, index) => command(`X${index}`)).join('')), [], true, kinds);
    expect(kinds.size).toBe(MOST_KINDS);
    expect(new Set(ends(lines)).size).toBe(MOST_KINDS + 1);
    expect(ends(lines).at(-1)).toBe('other');
  });
});

describe('responses', () => {
  test.each([
    ['null bulk string and array', '$-1\r\n*-1\r\n', ['nil 5', 'nil 5']],
    ['a null inside is none', '*2\r\n$-1\r\n$1\r\na\r\n', ['ok 16']],
    ['empty ones', '$0\r\n\r\n*0\r\n', ['ok 6', 'ok 4']],
    ['nested ones', '*2\r\n*2\r\n:1\r\n:2\r\n*1\r\n*0\r\n:3\r\n', ['ok 24', 'ok 4']],
    ['an error inside is none', '*1\r\n-ERR x\r\n', ['ok 12']],
    ['a long error', '!21\r\nSYNTAX invalid syntax\r\n', ['SYNTAX error 28']],
    ['attributes', '|1\r\n+ttl\r\n:3600\r\n$1\r\na\r\n', ['ok 24']],
    ['big numbers, texts, sets', '(12345678901234567890\r\n=7\r\ntxt:abc\r\n~1\r\n#f\r\n', ['ok 23', 'ok 13', 'ok 8']],
    ['streamed values', '$?\r\n;4\r\nabcd\r\n', ['lost: a length that is none']],
    ['another protocol', 'HTTP/1.1 200\r\n', ['lost: not RESP']],
  ])('%s', (_, text, expected) => {
    expect(ends(responseLines(redis, bytesOf(text)))).toEqual(expected);
  });

  test('bytes that were not captured do no harm inside a value', () => {
    const lines: string[] = [];
    const out = {
      responseBegan: () => lines.push('response'),
      responseMayEnd: () => {},
      responseEnded: (status: string, _isError: boolean, lengthBytes: number) => lines.push(`${status} ${lengthBytes}`),
      responsesLost: (reason: string) => lines.push(reason),
    };
    const reader = redis.responses(true);
    const start = bytesOf('$1000\r\nabc');
    reader.push(start, 0, start.length, out);
    reader.skip(990, out);
    const end = bytesOf('defghij\r\n+OK\r\n');
    reader.push(end, 0, end.length, out);
    expect(lines).toEqual(['response', 'ok 1009', 'response', 'ok 5']);
    reader.skip(1, out);
    expect(lines.at(-1)).toBe('bytes were not captured');
  });
});
