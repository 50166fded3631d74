// A conversation in the simple and the extended protocol, written by the manual of PostgreSQL 15 (chapter 55).
import { type Conversation, join } from '../testing/transcript.ts';

const u32 = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
/** A message: type, length that counts itself, body. */
export const message = (type: string, ...body: (string | Uint8Array | number)[]): Uint8Array => {
  const bytes = join(...body);
  return join(type, u32(bytes.length + 4), bytes);
};
export const startup = (code: number, body = ''): Uint8Array => join(u32(body.length + 8), u32(code), body);
export const PROTOCOL_3 = 196608;
export const SSL_REQUEST = 80877103;

export const query = (sql: string) => message('Q', `${sql}\0`);
export const parse = (name: string, sql: string) => message('P', `${name}\0${sql}\0\0\0`);
export const bind = (name: string, portal = '') => message('B', `${portal}\0${name}\0\0\0\0\x01\0\0\0\x0242\0\0`);
export const describe = message('D', 'P\0');
export const execute = message('E', '\0\0\0\0\0');
export const sync = message('S');

export const ready = message('Z', 'I');
export const complete = (tag: string) => message('C', `${tag}\0`);
export const error = (code: string, severity = 'ERROR') => message('E', `S${severity}\0V${severity}\0C${code}\0Msomething about Secret\0F\0\0`);
const row = message('D', '\0\x01\0\0\0\x0242');
const columns = message('T', '\0\x01?column?\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0');

export const postgresConversation: Conversation = {
  client: join(
    startup(SSL_REQUEST),
    startup(PROTOCOL_3, 'user\0postgres\0database\0shop\0\0'),
    message('p', 'SCRAM-SHA-256\0\0\0\0\x20n,,n=,r=abcdefghijklmnop'),
    message('p', 'c=biws,r=abcdefghijklmnop,p=proof'),
    query("select * from users where name = 'Secret'"),
    query("INSERT INTO users VALUES ('Secret')"),
    join(parse('', 'UPDATE users SET a = $1'), bind(''), describe, execute, sync),
    join(parse('s1', 'delete from users where id = $1'), message('D', 'Ss1\0'), sync),
    join(bind('s1'), execute, sync),
    query('COPY users FROM STDIN'),
    message('d', '1\tSecret\n'),
    message('c'),
    query('nonsense'),
    message('X'),
  ),
  server: join(
    'N',
    message('R', '\0\0\0\x0aSCRAM-SHA-256\0\0'),
    message('R', '\0\0\0\x0br=abcdefghijklmnop,s=salt,i=4096'),
    message('R', '\0\0\0\x0cv=verifier'),
    message('R', '\0\0\0\0'),
    message('S', 'server_version\x0015.13\0'),
    message('K', '\0\0\x01\x02\0\0\x03\x04'),
    ready,
    join(columns, row, row, complete('SELECT 2'), ready),
    join(error('23505'), ready),
    join(message('1'), message('2'), message('n'), complete('UPDATE 1'), ready),
    message('A', '\0\0\x01\x02news\0hello\0'),
    join(message('1'), message('t', '\0\x01\0\0\0\x17'), message('n'), ready),
    join(message('2'), complete('DELETE 1'), ready),
    message('G', '\0\0\x01\0\0'),
    join(complete('COPY 1'), ready),
    join(error('42601'), ready),
  ),
};
