// Applies prisma/<dialect>/migrations/*/migration.sql in order and records them as `prisma migrate deploy` would.
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Row = Record<string, unknown>;

/** The least a database must offer to be migrated. `exclusively` keeps other consoles out meanwhile. */
export type MigrationTarget = {
  dialect: 'sqlite' | 'postgresql';
  script(sql: string): Promise<void>;
  rows(sql: string): Promise<Row[]>;
  exclusively<T>(work: () => Promise<T>): Promise<T>;
};

const bookkeeping = {
  sqlite: `CREATE TABLE IF NOT EXISTS "_prisma_migrations" ("id" TEXT PRIMARY KEY NOT NULL, "checksum" TEXT NOT NULL, "finished_at" DATETIME,
    "migration_name" TEXT NOT NULL, "logs" TEXT, "rolled_back_at" DATETIME, "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0)`,
  postgresql: `CREATE TABLE IF NOT EXISTS "_prisma_migrations" ("id" VARCHAR(36) PRIMARY KEY NOT NULL, "checksum" VARCHAR(64) NOT NULL, "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL, "logs" TEXT, "rolled_back_at" TIMESTAMPTZ, "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0)`,
};

/** Returns the names applied now. Refuses a history that was edited or that broke off before. */
export function migrate(target: MigrationTarget, dir: string): Promise<string[]> {
  return target.exclusively(async () => {
    await target.script(bookkeeping[target.dialect]);
    const past = await target.rows('SELECT migration_name, checksum, finished_at FROM "_prisma_migrations" WHERE rolled_back_at IS NULL');
    const done = new Map(past.map((row) => [String(row.migration_name), row]));
    const folders = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const applied: string[] = [];
    for (const name of folders.map((entry) => entry.name).sort()) {
      const sql = readFileSync(join(dir, name, 'migration.sql'), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      const before = done.get(name);
      if (before) {
        if (!before.finished_at) throw new Error(`migration ${name} broke off before: restore the database from a backup`);
        if (before.checksum !== checksum) throw new Error(`migration ${name} was edited after it was applied: put the original file back`);
        continue;
      }
      const now = target.dialect === 'postgresql' ? 'now()' : String(Date.now());
      const record = `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
        VALUES ('${randomUUID()}', '${checksum}', '${name.replaceAll("'", "''")}', ${now}, ${now}, 1);`;
      // SQLite rebuilds a table by dropping it, which must not cascade, and ignores this pragma inside a transaction.
      const [unhook, rehook] = target.dialect === 'sqlite' ? ['PRAGMA foreign_keys=OFF;', 'PRAGMA foreign_keys=ON;'] : ['', ''];
      await target.script(`${unhook}BEGIN;\n${sql}\n;${record}\nCOMMIT;${rehook}`);
      applied.push(name);
    }
    return applied;
  });
}
