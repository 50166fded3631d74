// Conversations as MySQL 8 has them (results end with OK packets) and older clients (with EOF packets), written by the manual.
import { type Conversation, join } from '../testing/transcript.ts';

export const packet = (sequence: number, ...payload: (string | Uint8Array | number)[]): Uint8Array => {
  const bytes = join(...payload);
  return join(bytes.length & 0xff, (bytes.length >> 8) & 0xff, bytes.length >> 16, sequence, bytes);
};
/** Packets of one response from sequence number 1 on. */
export const packets = (...payloads: (string | Uint8Array)[]): Uint8Array => join(...payloads.map((payload, index) => packet((index + 1) & 0xff, payload)));

export const LOGIN_CAPABILITIES = 0x01ff_a28d & ~0x0820;
export const login = (capabilities = LOGIN_CAPABILITIES): Uint8Array =>
  packet(
    1,
    capabilities & 0xff,
    (capabilities >> 8) & 0xff,
    (capabilities >> 16) & 0xff,
    capabilities >>> 24,
    '\0\0\0\x01\xff',
    '\0'.repeat(23),
    'root\0\x14',
    'x'.repeat(20),
    'shop\0',
  );
export const command = (code: number, ...argument: (string | Uint8Array)[]): Uint8Array => packet(0, code, ...argument);
export const query = (sql: string) => command(3, sql);

export const ok = '\0\x01\0\x02\0\0\0';
export const moreOk = '\0\x01\0\x0a\0\0\0';
export const eof = '\xfe\0\0\x02\0';
export const okEof = '\xfe\0\0\x02\0\0\0';
export const error = (code: number) => `\xff${String.fromCharCode(code & 0xff, code >> 8)}#42S02Table 'shop.Secret' doesn't exist`;
export const column = '\x03def\x04shop\x01t\x01t\x01a\x01a\x0c\x21\0\x0b\0\0\0\x03\0\0\0\0\0';
export const greeting = packet(0, '\x0a8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15', '\0'.repeat(10), 'ijklmnopqrst\0caching_sha2_password\0');

export const mysqlConversation: Conversation = {
  client: join(
    login(),
    packet(3, 'x'.repeat(32)),
    query('SELECT @@version_comment LIMIT 1'),
    query("insert into t values ('Secret')"),
    query('select * from Secret'),
    command(0x16, 'SELECT a FROM t WHERE a = ?'),
    command(0x17, '\x01\0\0\0\0\x01\0\0\0'),
    command(0x19, '\x01\0\0\0'),
    command(0x0e),
    query('call two_results()'),
    query('LOAD DATA LOCAL INFILE "x" INTO TABLE t'),
    packet(2, 'a\tSecret\n'),
    packet(3),
    command(0x09),
    query('\0\x01select 1'),
    command(0x01),
  ),
  server: join(
    greeting,
    packet(2, '\x01\x04'),
    packet(4, ok),
    packets('\x01', column, eof, '\x05hello', eof),
    packets(ok),
    packets(error(1146)),
    packets('\0\x01\0\0\0\x01\0\x01\0\0\0\0', column, column),
    packets('\x01', column, '\0\0\x05hello', okEof),
    packets(ok),
    packets('\x01', column, '\x01a', '\xfe\0\0\x0a\0\0\0', '\x02', column, column, '\x01a\x01b', '\xfe\0\0\x0a\0\0\0', ok),
    packets('\xfbx'),
    packet(4, ok),
    packets('Uptime: 100  Threads: 2  Questions: 7'),
    packets('\x01', column, okEof),
  ),
};
