// Logins that answer a number of the server's: no copy can log in, so the mapping says so and stops (docs/tcp-behaviour.md: row 22).
import { join } from 'node:path';
import { ADDRESS, Lab, waitUntil } from '@parallax/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgresPrograms, startPostgres } from '../latency/postgres.ts';
import { establishedOn, startPair } from '../scenario/support.ts';

const PORT = 5432;
const SESSIONS = 10;
let lab: Lab;

beforeAll(async () => {
  lab = await Lab.up({ prefix: `plxl-${process.pid}`, removeOnExit: true });
});
afterAll(async () => lab?.down());

/** So many sessions of psql, one after the other, each with a statement; resolves with what they print. */
const ask = (sessions: number): Promise<string> => {
  const psql = `PGPASSWORD=Secret ${join(postgresPrograms(), 'psql')} -h ${ADDRESS.online} -U postgres -Atc 'SELECT 7'`;
  return lab.mustExec('client', ['sh', '-euc', Array.from({ length: sessions }, () => psql).join('\n')], { timeoutMs: 30_000 });
};

test.each([
  ['scram-sha-256', true],
  ['md5', true],
  ['password', false],
] as const)('22: PostgreSQL asks for %s: refused %s', async (method, isRefused) => {
  const sql = `SET password_encryption = '${method === 'md5' ? 'md5' : 'scram-sha-256'}'; ALTER USER postgres PASSWORD 'Secret'`;
  const [online, target] = await Promise.all([startPostgres(lab, 'online', sql, method), startPostgres(lab, 'target', sql, method)]);
  const pair = await startPair(lab, ['-x', `${PORT}-${ADDRESS.target}:${PORT}`, '--adapter', 'postgres']);
  const ended = new Promise((resolve) => pair.online.child.once('exit', resolve));
  expect(await ask(1)).toBe('7\n');
  if (isRefused) {
    expect(await ended, 'the only mapping has failed').not.toBe(0);
    expect(pair.online.log.join('\n')).toMatch(/log in with an answer to a number/);
  }
  expect(await ask(SESSIONS)).toBe('7\n'.repeat(SESSIONS));
  const sessions = SESSIONS + 1;
  if (!isRefused) {
    await waitUntil(() => target.executed().SELECT === sessions, { what: 'the target has executed as much' });
    expect(await pair.online.stop()).toBe(0);
  }
  await pair.assistant.stop();
  expect(online.executed()).toMatchObject({ startup: sessions, SELECT: sessions });
  if (isRefused) {
    expect(target.connections(), 'connections at the target').toBeLessThanOrEqual(1);
    expect(target.executed().SELECT).toBeUndefined();
  } else expect(target.executed()).toMatchObject({ startup: sessions, SELECT: sessions });
  expect(establishedOn(lab, 'target', PORT)).toEqual([]);
  await Promise.all([online.stop(), target.stop()]);
});
