import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createClient } from '@libsql/client';
import { PrismaLibSql } from '@prisma/adapter-libsql';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient as PostgresClient } from '../generated/postgresql/client.ts';
import { PrismaClient as SqliteClient } from '../generated/sqlite/client.ts';
import { migrate } from './migrate.ts';
import { PrismaStore } from './prisma-store.ts';
import { lockPostgres, lockSqlite, type Release } from './sole-use.ts';
import type { Store } from './store.ts';

/** The folder that holds prisma/, wherever this file was bundled to. */
function rootDir(from = import.meta.dirname): string {
  if (existsSync(join(from, 'prisma/schema.prisma'))) return from;
  if (dirname(from) === from) throw new Error('the folder prisma/ with the migrations is missing from this installation');
  return rootDir(dirname(from));
}

const migrationsDir = (dialect: string) => join(rootDir(), 'prisma', dialect, 'migrations');

async function openSqlite(url: string): Promise<PrismaStore> {
  const client = createClient({ url });
  try {
    await client.execute('PRAGMA journal_mode=WAL');
    await migrate(
      {
        dialect: 'sqlite',
        script: (sql) => client.executeMultiple(sql),
        rows: async (sql) => (await client.execute(sql)).rows.map((row) => ({ ...row })),
        exclusively: (work) => work(),
      },
      migrationsDir('sqlite'),
    );
  } finally {
    client.close();
  }
  return new PrismaStore(new SqliteClient({ adapter: new PrismaLibSql({ url }) }));
}

const migrationLock = 72_707_369; // any number that no other program takes on this database

async function openPostgres(url: string): Promise<PrismaStore> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await migrate(
      {
        dialect: 'postgresql',
        script: async (sql) => void (await client.query(sql)),
        rows: async (sql) => (await client.query(sql)).rows,
        exclusively: async (work) => {
          await client.query(`SELECT pg_advisory_lock(${migrationLock})`);
          try {
            return await work();
          } finally {
            await client.query(`SELECT pg_advisory_unlock(${migrationLock})`);
          }
        },
      },
      migrationsDir('postgresql'),
    );
  } finally {
    await client.end();
  }
  // Same models, same calls: the two generated clients differ only in what they send.
  return new PrismaStore(new PostgresClient({ adapter: new PrismaPg({ connectionString: url }) }) as unknown as SqliteClient);
}

const isPostgres = (url: string) => /^postgres(ql)?:/.test(url);
const withoutPassword = (url: string) => url.replace(/\/\/([^:@/]*):[^@/]*@/, '//$1:***@');

/** Which database a URL names, fit to be shown. */
export const describeDatabase = (url: string): string => (isPostgres(url) ? `PostgreSQL at ${withoutPassword(url)}` : `SQLite at ${url.slice('file:'.length)}`);

/** A lock that a lost connection let go of is taken again, for as long as nobody else has it. */
async function holdPostgres(url: string): Promise<Release> {
  let isWanted = true;
  let release = await lockPostgres(url, regain);
  function regain(why: string): void {
    console.error(`the database connection that keeps other consoles out was lost: ${why}`);
    setTimeout(() => {
      if (!isWanted) return;
      lockPostgres(url, regain).then(
        (next) => {
          release = next;
          if (!isWanted) void next();
        },
        (error: Error) => regain(error.message),
      );
    }, 5000).unref();
  }
  return async () => {
    isWanted = false;
    await release();
  };
}

/** Opens and migrates the database at `file:...` or `postgresql://...`, for this process alone until the store is closed. */
export async function openStore(url: string): Promise<Store> {
  try {
    const release = await (isPostgres(url) ? holdPostgres(url) : lockSqlite(url));
    try {
      const store = await (isPostgres(url) ? openPostgres(url) : openSqlite(url));
      store.onClose(release);
      return store;
    } catch (error) {
      await release();
      throw error;
    }
  } catch (cause) {
    const why = cause instanceof AggregateError ? String(cause.errors[0]?.message ?? cause) : (cause as Error).message;
    throw new Error(`cannot open the database ${withoutPassword(url)}: ${why}`, { cause });
  }
}
