// Kinds, counts, errors and pairs as Parallax tells them, against what real servers say that they executed.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADDRESS, Lab, type Nginx, type Redis, type Running, redisCalls, startNginx, startRedis } from '@parallax/lab';
import type { MappingSample } from '@parallax/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordPackets, type Segment, startPair } from '../scenario/support.ts';
import { type Counts, countsOf, type KindTotal, toldOf } from './latencies.ts';
import { type Postgres, postgresPrograms, startPostgres } from './postgres.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxk-${process.pid}`, removeOnExit: true });
});
afterAll(async () => lab?.down());

async function withPair(adapter: string, port: number, body: (online: Running) => Promise<void>): Promise<void> {
  const pair = await startPair(lab, ['-x', `${port}-${ADDRESS.target}:${port}`, '--adapter', adapter, '--latency', '--stats']);
  try {
    await body(pair.online);
  } finally {
    expect(await pair.stop(), 'exit codes of online and assistant').toEqual([0, 0]);
  }
}

const total = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Every exchange of both servers is timed to both its ends and is one of a pair, but for `mostUntimed` of the target's: a request that was sent twice is counted and not timed. */
function expectWhole(kinds: Map<string, KindTotal>, mostUntimed = 0): void {
  let untimed = 0;
  for (const [kind, { online, target, pairs }] of kinds) {
    expect([kind, online.firstByte.count, online.lastByte.count]).toEqual([kind, online.count, online.count]);
    expect([kind, target.lastByte.count, pairs]).toEqual([kind, target.firstByte.count, target.firstByte.count]);
    untimed += target.count - target.firstByte.count;
  }
  expect(untimed, 'exchanges of the target that are not timed').toBeLessThanOrEqual(mostUntimed);
}

/** What the target did not execute, the ledger names; a request that a copy delivered but nobody answered may be either. */
function expectAllNamed({ lines }: Running, online: number, target: number): void {
  const { ledger } = JSON.parse(lines.findLast((line) => line.includes('"ledger":')) ?? '{}') as MappingSample;
  const { delivered, deliveredUnanswered, ...lost } = ledger.exchanges;
  const named = total(lost);
  const said = `${online} executed by the online server, ${target} by the target; ${JSON.stringify(ledger)}`;
  expect(target, said).toBeGreaterThanOrEqual(delivered);
  expect(target, said).toBeLessThanOrEqual(delivered + deliveredUnanswered + named); // some was executed before its copy came to nothing
  expect(target + deliveredUnanswered + named, said).toBeGreaterThanOrEqual(online);
}

/** Segments with payload that came more than once. */
function countRepeated(segments: readonly Segment[]): number {
  const said = segments.filter(({ payloadBytes }) => payloadBytes > 0).map(({ source, seq }) => `${source} ${seq}`);
  return said.length - new Set(said).size;
}

describe('Redis', () => {
  let servers: [Redis, Redis];
  beforeAll(async () => {
    servers = await Promise.all([startRedis(lab, 'online'), startRedis(lab, 'target')]);
  });

  /** Calls of each command, named as the adapter does, but for what this test asks. */
  const calls = async (server: Redis): Promise<Counts> => {
    const { info: _, 'config|resetstat': __, ...rest } = redisCalls(await server.info('commandstats'));
    return Object.fromEntries(Object.entries(rest).map(([name, count]) => [name.toUpperCase().replace('|', ' '), count]));
  };
  const expectAsCounted = async (online: Running): Promise<Map<string, KindTotal>> => {
    const atOnline = await calls(servers[0]);
    const kinds = await toldOf(online, total(atOnline));
    expect(countsOf(kinds, 'online'), 'online').toEqual(atOnline);
    expect(countsOf(kinds, 'target'), 'target').toEqual(await calls(servers[1]));
    return kinds;
  };

  test.each<[string, string[], boolean]>([
    ['one at a time', ['-c', '10', '-n', '3000', '-t', 'set,get,lpush,lrange_100,mset'], false],
    ['pipelines of 16', ['-c', '20', '-n', '40000', '-P', '16', '-t', 'set,get,incr'], false],
    ['a connection for each', ['-c', '10', '-n', '500', '-k', '0', '-t', 'set,get'], true],
  ])('%s', (_, args, mayRepeat) =>
    withPair('redis', 6379, async (online) => {
      for (const server of servers) await server.command('CONFIG', 'RESETSTAT');
      const atTarget = mayRepeat ? await recordPackets(lab, 'target', 'tcp dst port 6379') : null;
      await lab.mustExec('client', ['redis-benchmark', '-h', ADDRESS.online, '-q', ...args], { timeoutMs: 60_000 });
      const kinds = await expectAsCounted(online);
      expectWhole(kinds, atTarget === null ? 0 : countRepeated(await atTarget.take()));
      const requests = (side: 'online' | 'target') => total(countsOf(kinds, side)) - 1; // both settings that the benchmark asks for first are one turn
      if (atTarget === null) expect(requests('target')).toBe(requests('online'));
      else expectAllNamed(online, requests('online'), requests('target'));
    }),
  );

  test('error replies are counted', () =>
    withPair('redis', 6379, async (online) => {
      for (const server of servers) await server.command('CONFIG', 'RESETSTAT');
      const words = ['set text x', 'incr text', 'lpush text a', 'get text', 'config get maxmemory', 'object encoding text'];
      await lab.mustExec('client', ['redis-cli', '-h', ADDRESS.online], { input: `${words.join('\n')}\n` });
      const kinds = await expectAsCounted(online);
      for (const side of ['online', 'target'] as const) expect(countsOf(kinds, side, 'errors')).toEqual({ INCR: 1, LPUSH: 1 });
    }));
});

describe('nginx', () => {
  let servers: [Nginx, Nginx];
  beforeAll(async () => {
    servers = await Promise.all([startNginx(lab, 'online'), startNginx(lab, 'target')]);
  });

  test('method and route, statuses from 400 are errors', () =>
    withPair('http1', 80, async (online) => {
      const program = fileURLToPath(new URL('./http-mix.mjs', import.meta.url));
      await lab.mustExec('client', [process.execPath, program, JSON.stringify({ host: ADDRESS.online, rounds: 200, connections: 10 })], { timeoutMs: 60_000 });
      const kinds = await toldOf(online, servers[0].count());
      const logged = servers.map((server) => {
        const counts: Counts = {};
        const errors: Counts = {};
        for (const { method, uri, status } of server.requests()) {
          const kind = `${method} ${uri.replace(/\/\d+/g, '/:id')}`;
          counts[kind] = (counts[kind] ?? 0) + 1;
          if (status >= 400) errors[kind] = (errors[kind] ?? 0) + 1;
        }
        return { counts, errors };
      });
      expect(logged[0]!.counts).toEqual({
        'GET /index.html': 2000,
        'GET /missing': 2000,
        'GET /users/:id': 4000,
        'POST /post': 2000,
        'HEAD /index.html': 2000,
      });
      for (const [index, side] of (['online', 'target'] as const).entries()) {
        expect({ counts: countsOf(kinds, side), errors: countsOf(kinds, side, 'errors') }, side).toEqual(logged[index]);
      }
      expectWhole(kinds);
    }));
});

describe('PostgreSQL', () => {
  let servers: Postgres[];
  beforeAll(async () => {
    const sql = 'CREATE TABLE account AS SELECT id, 0 AS amount FROM generate_series(1, 100) AS id; CREATE INDEX ON account (id)';
    servers = await Promise.all([startPostgres(lab, 'online', sql), startPostgres(lab, 'target', sql)]);
  });
  afterAll(async () => {
    for (const server of servers ?? []) await server.stop();
  });

  test.each([
    ['simple', '-M', 'simple'],
    ['extended', '-M', 'extended'],
  ])('%s queries: statements by their verb, never more', (_, ...mode) =>
    withPair('postgres', 5432, async (online) => {
      const before = servers.map((server) => server.executed());
      const script = join(lab.dir, 'bench.sql');
      writeFileSync(
        script,
        '\\set id random(1, 100)\nBEGIN;\nSELECT amount FROM account WHERE id = :id;\nUPDATE account SET amount = amount + 1 WHERE id = :id;\nCOMMIT;\n',
      );
      const client = (program: string) => [join(postgresPrograms(), program), '-h', ADDRESS.online, '-U', 'postgres'];
      await lab.mustExec('client', [...client('pgbench'), '-n', '-c', '8', '-t', '150', ...mode, '-f', script, 'postgres'], { timeoutMs: 60_000 });
      await lab.exec('client', [
        ...client('psql'),
        '-c',
        'SELECT 1/0',
        '-c',
        "INSERT INTO account VALUES (101, 'secret')",
        '-c',
        'DELETE FROM account WHERE id = 101',
        'postgres',
      ]);
      const grown = () =>
        servers.map((server, index) => {
          const counts = Object.entries(server.executed()).map(([verb, count]) => [verb, count - (before[index]![verb] ?? 0)] as const);
          return Object.fromEntries(counts.filter(([, count]) => count > 0)) as Counts;
        });
      const kinds = await toldOf(online, total(grown()[0]!) + grown()[0]!.startup!);
      const logged = grown();
      for (const [index, side] of (['online', 'target'] as const).entries()) {
        const { SSLRequest, ...counts } = countsOf(kinds, side);
        expect(counts, side).toEqual(logged[index]);
        expect(SSLRequest, 'each connection asks for TLS first, and is refused').toBe(logged[index]!.startup);
        expect(countsOf(kinds, side, 'errors')).toEqual({ SELECT: 1, INSERT: 1 });
      }
      expectWhole(kinds);
    }),
  );
});
