// A conversation in RESP2 and RESP3, written by the protocol specification of Redis 7.
import { bytesOf, type Conversation } from '../testing/transcript.ts';

export const command = (...words: string[]): string => `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;

export const redisConversation: Conversation = {
  client: bytesOf(
    command('HELLO', '3') +
      command('CLIENT', 'SETINFO', 'LIB-NAME', 'redis-py') +
      command('set', 'user:42', 'secret\r\n*1\r\n') +
      command('GET', 'user:42') +
      command('GET', 'nobody') +
      command('LPUSH', 'user:42', 'x') +
      command('MULTI') +
      command('INCR', 'n') +
      command('EXEC') +
      command('HGETALL', 'h') +
      'PING\r\n' +
      command('CONFIG', 'GET', 'maxmemory') +
      command('JSON.GET', 'doc'),
  ),
  server: bytesOf(
    '%3\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n$7\r\nmodules\r\n*0\r\n' +
      '+OK\r\n' +
      '+OK\r\n' +
      '$12\r\nsecret\r\n*1\r\n\r\n' +
      '_\r\n' +
      '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n' +
      '+OK\r\n' +
      '+QUEUED\r\n' +
      '*1\r\n:1\r\n' +
      '>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nn\r\n' +
      '%1\r\n$1\r\na\r\n*2\r\n,1.5\r\n#t\r\n' +
      '+PONG\r\n' +
      '%1\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n' +
      "-ERR unknown command 'JSON.GET', with args beginning with: 'doc' \r\n",
  ),
};
