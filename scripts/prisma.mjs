// Prisma without its native engine, which is downloaded at run time and so is not to be counted on:
//   node scripts/prisma.mjs generate         both clients into apps/console/generated
//   node scripts/prisma.mjs migration NAME   one migration per dialect, from what schema.prisma says now
// A migration folder keeps the schema it leads to, so the next one is the difference of two texts and needs no database.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = resolve(import.meta.dirname, '..');
const generatedDir = join(root, 'apps/console/generated');
const sourcePath = join(root, 'prisma/schema.prisma');
const dialects = ['sqlite', 'postgresql'];

/** The schema of one dialect, derived from the one source. */
function schemaOf(dialect) {
  const source = readFileSync(sourcePath, 'utf8');
  return dialect === 'sqlite'
    ? source
    : source.replace('provider = "sqlite"', 'provider = "postgresql"').replace('../apps/console/generated/sqlite', '../apps/console/generated/postgresql');
}

/** Writes both clients if the schema has changed since. Returns true if it wrote. */
export function generate() {
  const stamp = join(generatedDir, '.stamp');
  const wanted = createHash('sha256')
    .update(readFileSync(sourcePath))
    .update(readFileSync(import.meta.filename))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return false;
  rmSync(generatedDir, { recursive: true, force: true });
  for (const dialect of dialects) {
    // `generate` asks for the native schema engine and then does without it: any file that exists will do.
    const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
    const path = join(root, `prisma/.${dialect}.prisma`);
    writeFileSync(path, schemaOf(dialect));
    try {
      const prisma = createRequire(import.meta.url).resolve('prisma/package.json');
      execFileSync(process.execPath, [join(dirname(prisma), 'build/index.js'), 'generate', '--schema', path, '--no-hints'], {
        cwd: root,
        env,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
    } finally {
      rmSync(path, { force: true });
    }
  }
  writeFileSync(stamp, wanted);
  return true;
}

const migrationsDir = (dialect) => join(root, `prisma/${dialect}/migrations`);

function lastSchema(dialect) {
  const dir = migrationsDir(dialect);
  const names = existsSync(dir) ? readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory()) : [];
  const last = names
    .map((entry) => entry.name)
    .sort()
    .at(-1);
  return last === undefined ? null : readFileSync(join(dir, last, 'schema.prisma'), 'utf8');
}

/** Stands for a PostgreSQL server: all that comparing two texts asks of one is its version. */
const serverless = {
  provider: 'postgres',
  adapterName: 'offline',
  connect: async () => ({
    provider: 'postgres',
    adapterName: 'offline',
    getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: true }),
    queryRaw: async () => ({ columnNames: ['exists', 'version', 'numeric_version'], columnTypes: [5, 7, 0], rows: [[true, 'PostgreSQL 15.0', 150_000]] }),
    executeRaw: async () => 0,
    executeScript: async () => {},
    dispose: async () => {},
  }),
  connectToShadowDb: async () => serverless.connect(),
};

/** The SQL that leads from the last migration's schema to the present one; null if they agree. */
async function difference(dialect) {
  const require = createRequire(join(root, 'apps/console/package.json'));
  const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
  const { bindMigrationAwareSqlAdapterFactory } = await load('@prisma/driver-adapter-utils');
  const factory = dialect === 'sqlite' ? new (await load('@prisma/adapter-libsql')).PrismaLibSql({ url: ':memory:' }) : serverless;
  globalThis.PRISMA_WASM_PANIC_REGISTRY ??= { set_message() {} };
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const wasm = join(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg'), '..', 'schema_engine_bg.wasm');
  const { instance } = await WebAssembly.instantiate(readFileSync(wasm), { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  const path = 'schema.prisma';
  const now = schemaOf(dialect);
  const before = lastSchema(dialect);
  const engine = await glue.SchemaEngine.new({ datamodels: [[path, now]] }, () => {}, bindMigrationAwareSqlAdapterFactory(factory));
  const answer = await engine.diff({
    from: before === null ? { tag: 'empty' } : { tag: 'schemaDatamodel', files: [{ path, content: before }] },
    to: { tag: 'schemaDatamodel', files: [{ path, content: now }] },
    script: true,
    shadowDatabaseUrl: null,
    exitCode: true,
    filters: { externalTables: [], externalEnums: [] },
  });
  return answer.exitCode === 2 ? answer.stdout : null;
}

const [verb, argument] = process.argv[1] === import.meta.filename ? process.argv.slice(2) : ['imported'];
if (verb === 'generate') {
  console.log(generate() ? 'clients generated' : 'clients are up to date');
} else if (verb === 'migration' && /^[a-z0-9_]+$/.test(argument ?? '')) {
  const name = `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}_${argument}`;
  // One schema engine per process: a second instance crashes.
  for (const dialect of dialects) execFileSync(process.execPath, [import.meta.filename, 'difference', dialect, name], { stdio: 'inherit' });
} else if (verb === 'difference') {
  const name = process.argv[4];
  const sql = await difference(argument);
  if (sql === null) console.log(`${argument}: no change`);
  else {
    const dir = join(migrationsDir(argument), name);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'migration.sql'), sql);
    writeFileSync(join(dir, 'schema.prisma'), schemaOf(argument));
    console.log(`${argument}: ${name}`);
  }
  process.exit(0); // the engine keeps the process alive
} else if (verb !== 'imported') {
  console.error('usage: node scripts/prisma.mjs generate | migration NAME   (NAME: lower case letters, digits, underscores)');
  process.exit(2);
}
