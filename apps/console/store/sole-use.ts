// One console per database: a second one would tell the same agents other things. The lock ends with the process that holds it, however it ends.
import { createClient } from '@libsql/client';
import pg from 'pg';

/** Ends the lock. */
export type Release = () => Promise<void>;

const taken = (cause?: unknown) =>
  new Error('another console uses it; stop that one first, or give this one a database of its own (--data, --database-url)', { cause });

/** Locks `<file>.lock` beside the SQLite database at `file:...`. @throws if another process, or this one, holds it. */
export async function lockSqlite(url: string): Promise<Release> {
  const client = createClient({ url: `${url.split('?')[0]}.lock` });
  try {
    const transaction = await client.transaction('write');
    return async () => {
      transaction.close();
      client.close();
    };
  } catch (cause) {
    client.close();
    throw String((cause as { code?: string }).code).startsWith('SQLITE_BUSY') ? taken(cause) : cause;
  }
}

const consoleLock = 72_707_370; // beside that of the migrations

/** Holds an advisory lock on a connection of its own. `onLost` is called when that connection ends by itself. */
export async function lockPostgres(url: string, onLost: (why: string) => void): Promise<Release> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, keepAlive: true });
  let isWanted = true;
  client.on('error', (error) => {
    if (isWanted) onLost(error.message);
    isWanted = false;
  });
  await client.connect();
  const { rows } = await client.query(`SELECT pg_try_advisory_lock(${consoleLock}) AS got`);
  if (rows[0].got !== true) {
    isWanted = false;
    await client.end();
    throw taken();
  }
  return async () => {
    isWanted = false;
    await client.end();
  };
}
