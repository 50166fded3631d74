// Builds the console: Prisma clients, Next.js pages, dist/console.mjs. What has not changed is left alone.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { generate } from './prisma.mjs';

const root = resolve(import.meta.dirname, '..');
const consoleDir = join(root, 'apps/console');
const stampPath = join(root, 'dist/console.stamp');
const skipped = new Set(['node_modules', '.next', 'generated', 'e2e', 'test-results', 'next-env.d.ts', 'tsconfig.tsbuildinfo']);

/** Every file that goes into the build, tests left out. */
function inputs(dir) {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => !skipped.has(entry.name) && !/\.test\.tsx?$/.test(entry.name))
    .flatMap((entry) => (entry.isDirectory() ? inputs(join(dir, entry.name)) : [join(dir, entry.name)]))
    .sort();
}

function hashOfInputs() {
  const hash = createHash('sha256').update(process.version);
  const files = [
    ...inputs(consoleDir),
    ...inputs(join(root, 'packages/latency')),
    ...inputs(join(root, 'packages/protocol')),
    ...inputs(join(root, 'packages/wire')),
    join(root, 'prisma/schema.prisma'),
    join(root, 'package-lock.json'),
    import.meta.filename,
  ];
  for (const file of files) hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

/** Returns false if everything was up to date. */
export async function buildConsole({ log = (line) => console.log(line) } = {}) {
  const wanted = hashOfInputs();
  const isBuilt =
    existsSync(join(root, 'dist/console.mjs')) && existsSync(join(consoleDir, '.next/BUILD_ID')) && existsSync(join(consoleDir, 'generated/.stamp'));
  if (isBuilt && existsSync(stampPath) && readFileSync(stampPath, 'utf8') === wanted) return false;
  if (generate()) log('console: database clients generated');

  const next = join(dirname(createRequire(join(consoleDir, 'package.json')).resolve('next/package.json')), 'dist/bin/next');
  const env = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' };
  log('console: building pages');
  execFileSync(process.execPath, [next, 'build'], { cwd: consoleDir, env, stdio: ['ignore', 'inherit', 'inherit'] });

  mkdirSync(join(root, 'dist'), { recursive: true });
  await build({
    entryPoints: { console: join(consoleDir, 'server.ts') },
    outdir: join(root, 'dist'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    alias: Object.fromEntries(['latency', 'protocol', 'wire'].map((name) => [`@parallax/${name}`, join(root, `packages/${name}/src/index.ts`)])),
    sourcemap: true,
    logLevel: 'warning',
  });
  writeFileSync(stampPath, wanted);
  log('console: built');
  return true;
}

if (process.argv[1] === import.meta.filename && !(await buildConsole())) console.log('console: up to date');
