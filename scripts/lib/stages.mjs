// The stages of the checks and tests, and how their results are added up.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countPlaywright, countVitest, settle } from './results.mjs';
import { endWithChildren, runTool } from './run.mjs';

/** @typedef {{ name: string, passed: number, failed: number, notes: string[], seconds: number }} Result */

const vitest = (config) => ({
  words: (report) => ['vitest', 'run', '--config', config, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  count: countVitest,
});

/** A stage runs `commands` one after the other and counts as one test, or runs one program that reports numbers of its own. */
const STAGES = {
  types: {
    title: 'types',
    commands: [
      ['tsc', '-p', 'tsconfig.json'],
      ['tsc', '-p', 'apps/console/tsconfig.json'],
    ],
  },
  lint: { title: 'lint and format', commands: [['biome', 'check', '.']] },
  unit: { title: 'unit tests', ...vitest('vitest.config.ts') },
  lab: {
    title: 'lab tests',
    refuse: () =>
      process.getuid?.() !== 0 && 'lab tests need root (CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_NET_RAW): they build network namespaces; run them with sudo',
    ...vitest('vitest.lab.config.ts'),
  },
  e2e: {
    title: 'browser tests',
    words: () => ['playwright', 'test', '--reporter=list,json', '--retries=0'],
    env: (report) => ({ PLAYWRIGHT_JSON_OUTPUT_NAME: report, PLAYWRIGHT_HTML_OPEN: 'never' }),
    count: countPlaywright,
  },
};
export const CHECK = ['types', 'lint', 'unit'];
export const ALL = Object.keys(STAGES);

/**
 * Run stages in order, all of them even if one fails; prints a heading and a result for each.
 * @param {string[]} names of ALL
 * @param {number} limitMs for all of them together
 * @returns {Promise<Result[]>}
 */
export async function runStages(names, limitMs) {
  endWithChildren();
  const endAtMs = Date.now() + limitMs;
  const dir = mkdtempSync(join(tmpdir(), 'parallax-test-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  const results = [];
  for (const name of names) {
    const stage = STAGES[name];
    console.log(`\n=== ${stage.title} ===`);
    const startedAtMs = Date.now();
    const outcome = await runStage(stage, join(dir, `${name}.json`), endAtMs);
    const result = { name: stage.title, seconds: (Date.now() - startedAtMs) / 1_000, ...outcome };
    results.push(result);
    for (const note of result.notes) console.log(`  ${note}`);
    console.log(`=== ${describe(result)}`);
  }
  return results;
}

async function runStage(stage, report, endAtMs) {
  const reason = (Date.now() >= endAtMs && 'not run: the time for all stages is over') || stage.refuse?.();
  if (reason) return { passed: 0, failed: 1, notes: [reason] };
  if (stage.commands) {
    let exitCode = 0;
    for (const words of stage.commands) exitCode = (await runTool(words, { endAtMs })) || exitCode;
    return exitCode === 0 ? { passed: 1, failed: 0, notes: [] } : { passed: 0, failed: 1, notes: [`ended with code ${exitCode}`] };
  }
  const exitCode = await runTool(stage.words(report), { endAtMs, env: stage.env?.(report) });
  try {
    return settle(stage.count(JSON.parse(readFileSync(report, 'utf8'))), exitCode);
  } catch (error) {
    return { passed: 0, failed: 1, notes: [`ended with code ${exitCode} and without numbers (${error.message})`] };
  }
}

/** @param {Result} result */
const describe = ({ name, passed, failed, seconds }) => `${name}: ${passed} passed, ${failed} failed in ${seconds.toFixed(1)} s`;

/**
 * Print the summary, ending with the line `N passed, N failed`. True if something passed and nothing failed.
 * @param {Result[]} results
 */
export function summarize(results) {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log('\n=== summary ===');
  for (const result of results) {
    console.log(`${result.failed === 0 ? 'ok    ' : 'FAILED'} ${describe(result)}`);
    for (const note of result.notes) console.log(`         ${note}`);
  }
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') === 0 && sum('passed') > 0;
}
