import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '@libsql/client';
import { everySession, realClients } from '@parallax/protocol';
import { expect, test } from 'vitest';
import { temporaryStore } from '../testing/temporary-store.ts';
import { type MigrationTarget, migrate } from './migrate.ts';
import { describeDatabase, openStore } from './open.ts';
import { describeStore } from './store-contract.ts';

describeStore('SQLite', temporaryStore);

test('a database is migrated once and opens again with what it held', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'parallax-reopen-'));
  const url = `file:${join(dir, 'parallax.db')}`;
  const first = await openStore(url);
  await first.createUser({ name: 'ada', passwordHash: 'x' });
  await first.close();
  const second = await openStore(url);
  expect((await second.listUsers()).map((user) => user.name)).toEqual(['ada']);
  await second.close();
  rmSync(dir, { recursive: true, force: true });
});

test('a database in use is refused to a second console, until the first lets go', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'parallax-sole-'));
  const url = `file:${join(dir, 'parallax.db')}`;
  const first = await openStore(url);
  await expect(openStore(url)).rejects.toThrow(/parallax.db: another console uses it; stop that one first/);
  expect(await first.hasUser()).toBe(false);
  await first.close();
  await (await openStore(url)).close();
  rmSync(dir, { recursive: true, force: true });
});

test('a database that cannot be opened is named with the reason, and passwords are not shown', async () => {
  await expect(openStore('file:/nowhere/at/all/parallax.db')).rejects.toThrow(/cannot open the database file:\/nowhere\/at\/all\/parallax\.db: /);
  expect(describeDatabase('postgresql://ada:secret@db.example/parallax')).toBe('PostgreSQL at postgresql://ada:***@db.example/parallax');
});

test('both dialects have the same migrations', () => {
  const names = (dialect: string) => readdirSync(resolve(import.meta.dirname, '../../../prisma', dialect, 'migrations'));
  expect(names('postgresql')).toEqual(names('sqlite'));
});

test.each([
  ['edited after it was applied', [{ migration_name: '1_first', checksum: 'another', finished_at: 1 }], /migration 1_first was edited/],
  ['broken off before', [{ migration_name: '1_first', checksum: 'x', finished_at: null }], /migration 1_first broke off/],
])('a migration that was %s is refused', async (_, rows, message) => {
  const dir = mkdtempSync(join(tmpdir(), 'parallax-migrations-'));
  await mkdir(join(dir, '1_first'));
  writeFileSync(join(dir, '1_first/migration.sql'), 'SELECT 1;');
  const target: MigrationTarget = { dialect: 'sqlite', script: async () => {}, rows: async () => rows, exclusively: (work) => work() };
  await expect(migrate(target, dir)).rejects.toThrow(message);
  rmSync(dir, { recursive: true, force: true });
});

test('mappings made before selections, pools and fractions are there afterwards, with the usual ones', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'parallax-older-'));
  const url = `file:${join(dir, 'parallax.db')}`;
  const all = resolve(import.meta.dirname, '../../../prisma/sqlite/migrations');
  const before = join(dir, 'migrations');
  for (const name of readdirSync(all).filter((each) => each < '20261124131907')) cpSync(join(all, name), join(before, name), { recursive: true });
  const client = createClient({ url });
  const script = (sql: string) => client.executeMultiple(sql);
  const rows = async (sql: string) => (await client.execute(sql)).rows.map((row) => ({ ...row }));
  await migrate({ dialect: 'sqlite', script, rows, exclusively: (work) => work() }, before);
  for (const [id, role] of [
    ['a', 'online'],
    ['b', 'assistant'],
  ])
    await client.execute(`INSERT INTO "Agent" (id, name, role, "tokenHash") VALUES ('${id}', '${id}', '${role}', '${id}')`);
  await client.execute(
    `INSERT INTO "Mapping" (id, name, "onlineAgentId", "assistantAgentId", "listenPort", "targetAddress", "targetPort", multiplier, pacing, desired, "relayIdentity", "relayKey", "updatedAt")
     VALUES ('m', 'orders', 'a', 'b', 80, '10.0.0.1', 81, 3, 'timing', 'running', 'a', 'k', 1)`,
  );
  client.close();
  const store = await openStore(url);
  expect(await store.listMappings()).toMatchObject([
    {
      name: 'orders',
      listen: { address: null, port: 80, lastPort: null },
      target: { address: '10.0.0.1', port: 81, lastPort: null },
      multiplier: 3,
      desired: 'running',
      selection: everySession,
      sources: realClients,
    },
  ]);
  await expect(store.deleteAgent('a')).rejects.toThrow();
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});
