// Breaks the engine on purpose, one way at a time, in a copy of its sources, and shows that the tests notice.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutants } from './mutants-list.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../../..');
const SEEDS = 200;
const LIMIT_MS = 180_000;

type Verdict = { name: string; caughtBy: string | null; seconds: number };

/** A copy of the packages that the engine needs, with the repository's tools. */
function makeCopy(): string {
  mkdirSync(join(ROOT, 'node_modules/.cache'), { recursive: true });
  const copy = mkdtempSync(join(ROOT, 'node_modules/.cache/mutants-'));
  for (const name of ['engine', 'wire', 'adapters']) {
    cpSync(join(ROOT, 'packages', name), join(copy, 'packages', name), { recursive: true, filter: (path) => !path.includes('node_modules') });
  }
  mkdirSync(join(copy, 'node_modules/@parallax'), { recursive: true });
  for (const name of ['engine', 'wire', 'adapters']) symlinkSync(join(copy, 'packages', name), join(copy, 'node_modules/@parallax', name));
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(copy, 'vitest.config.ts'),
    "export default { test: { testTimeout: 60_000, include: ['packages/engine/src/**/*.test.ts'], exclude: ['**/simulation.test.ts', '**/mutants-list.test.ts'] } };\n",
  );
  return copy;
}

/** Simulation first, then the tests beside the sources; what fails first has caught it. */
function judge(copy: string): string | null {
  const options = { cwd: copy, timeout: LIMIT_MS, encoding: 'utf8' } as const;
  const sim = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/tsx/dist/cli.mjs'), 'packages/engine/src/simulation/main.ts', '--seeds', String(SEEDS)],
    options,
  );
  if (sim.status !== 0) return `simulation, ${sim.error === undefined ? (/^seed \d+: .*/m.exec(sim.stdout)?.[0] ?? 'it crashed') : 'it never ended'}`;
  const tests = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--bail', '1', '--reporter', 'verbose', '--no-color'],
    options,
  );
  if (tests.status === 0) return null;
  const failed = /FAIL\s+packages\/engine\/src\/(.*)/.exec(tests.stdout + tests.stderr)?.[1];
  return failed === undefined ? `tests, ${tests.error === undefined ? 'no name' : 'they never ended'}` : `test, ${failed}`;
}

const wanted = process.argv.slice(2);
const usage = 'usage: npm run test:mutants [-- PART-OF-A-NAME...]   (default: all of mutants-list.ts)';
if (wanted.includes('--help') || wanted.includes('-h')) {
  console.log(usage);
  process.exit(0);
}
const unknown = wanted.find((part) => !mutants.some(({ name }) => name.includes(part)));
if (unknown !== undefined) {
  console.error(`test:mutants: no mutant has "${unknown}" in its name\n${usage}`);
  process.exit(2);
}
const copy = makeCopy();
const verdicts: Verdict[] = [];
try {
  const sound = judge(copy);
  if (sound !== null) throw new Error(`the engine fails without a mutation: ${sound}`);
  for (const { name, file, from, to } of mutants) {
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
    const path = join(copy, 'packages/engine/src', file);
    const source = readFileSync(path, 'utf8');
    if (source.split(from).length !== 2) throw new Error(`mutant "${name}": its text is not exactly once in ${file}; bring the list up to date`);
    const startedMs = performance.now();
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
    const caughtBy = judge(copy);
    writeFileSync(path, source);
    const seconds = (performance.now() - startedMs) / 1000;
    verdicts.push({ name, caughtBy, seconds });
    console.log(`${caughtBy === null ? 'SURVIVED' : 'caught  '} ${seconds.toFixed(1).padStart(5)} s  ${name.padEnd(44)} ${(caughtBy ?? '').slice(0, 110)}`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
const survivors = verdicts.filter(({ caughtBy }) => caughtBy === null);
console.log(`${verdicts.length - survivors.length} of ${verdicts.length} mutants caught`);
process.exitCode = survivors.length > 0 ? 1 : 0;
