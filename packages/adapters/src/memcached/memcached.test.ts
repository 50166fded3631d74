import { describe, expect, test } from 'vitest';
import { bytesOf, ends, requestLines, responseLines } from '../testing/transcript.ts';
import { memcached } from './adapter.ts';
import { memcachedConversation } from './conversation.ts';

test('a conversation with memcached 1.6', () => {
  const asked = ends(requestLines(memcached, memcachedConversation.client));
  expect(asked).toEqual([
    ...['version', 'set', 'get', 'get', 'gets', 'add', 'set (no answer)', 'incr', 'delete', 'delete', 'mg', 'ms', 'mn', 'stats', 'unknown command'],
    'quit (no answer)',
  ]);
  const answered = ends(responseLines(memcached, memcachedConversation.server));
  expect(answered).toEqual([
    ...['ok 16', 'STORED 8', 'ok 32', 'miss 5', 'ok 35', 'NOT_STORED 12', 'CLIENT_ERROR error 62', 'DELETED 9', 'NOT_FOUND 11', 'ok 18', 'ok 4', 'ok 4'],
    ...['ok 32', 'ERROR error 7'],
  ]);
  expect(answered).toHaveLength(asked.filter((line) => !line.endsWith('(no answer)')).length);
});

describe('requests', () => {
  test.each([
    ['cas with its id', 'cas k 0 0 2 17\r\nab\r\nget k\r\n', ['cas', 'get']],
    ['a key called noreply', 'get noreply\r\ndelete noreply x\r\n', ['get', 'delete']],
    ['a length that is none', 'set k 0 0 x\r\nget k\r\n', ['set', 'get']],
    ['without a length', 'set k\r\nget k\r\n', ['set', 'get']],
    ['quiet meta commands', 'mg k v q\r\nmn\r\n', ['mg', 'lost: quiet commands, of which only some are answered']],
    ['watching', 'watch\r\n', ['watch', 'lost: what follows is no answer to a command']],
    ['a value that is too long', 'set k 0 0 9999999999\r\n', ['lost: a value that is too long']],
    ['the binary protocol', '\x80\x00\x00\x03', ['lost: the binary protocol']],
    ['capitals are another command', 'GET k\r\n', ['unknown command']],
  ])('%s', (_, text, expected) => {
    expect(ends(requestLines(memcached, bytesOf(text)))).toEqual(expected);
  });
});

describe('responses', () => {
  test.each([
    ['a number', '18\r\nOK\r\n', ['ok 4', 'ok 4']],
    ['an empty value', 'VALUE k 0 0\r\n\r\nEND\r\n', ['ok 20']],
    ['values that look like ends', 'VALUE k 0 5\r\nEND\r\n\r\nEND\r\n', ['ok 25']],
    ['metadump', 'key=a exp=1 la=2\r\nkey=b exp=1\r\nEND\r\n', ['ok 36']],
    ['meta misses', 'EN\r\nNF\r\n', ['EN 4', 'NF 4']],
    ['a value without a length', 'VALUE k 0\r\n', ['lost: a value without a length']],
    ['another protocol', '+OK\r\n', ['lost: not a reply of memcached']],
  ])('%s', (_, text, expected) => {
    expect(ends(responseLines(memcached, bytesOf(text)))).toEqual(expected);
  });
});
