// Reads what the test runners counted, so that the totals are theirs and not guessed from an exit code.
import { stripVTControlCharacters } from 'node:util';

/** @typedef {{ passed: number, failed: number, skipped: string[], problems: string[] }} Count problems: a line for each failure */

/** One line that names a failed test and says what failed, for a summary that is read without the log above it. */
function problem(name, message) {
  const [line] = stripVTControlCharacters(String(message ?? '')).split('\n');
  return `${name}: ${line || 'failed without a message'}`.slice(0, 300);
}

/**
 * The numbers in Vitest's JSON report. A file that fails without a failed test (it could not be loaded, or a hook threw) is one failure.
 * @param {any} report
 * @returns {Count}
 */
export function countVitest(report) {
  /** @type {Count} */
  const count = { passed: 0, failed: 0, skipped: [], problems: [] };
  for (const file of report.testResults) {
    let failedHere = 0;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') count.passed++;
      else if (test.status === 'failed') {
        failedHere++;
        count.problems.push(problem(test.fullName, test.failureMessages?.[0]));
      } else count.skipped.push(test.fullName);
    }
    if (file.status === 'failed' && failedHere === 0) {
      failedHere = 1;
      count.problems.push(problem(file.name, file.message));
    }
    count.failed += failedHere;
  }
  return count;
}

/**
 * The numbers in Playwright's JSON report.
 * @param {any} report
 * @returns {Count}
 */
export function countPlaywright(report) {
  /** @type {Count} */
  const count = { passed: report.stats.expected, failed: report.stats.unexpected + report.stats.flaky, skipped: [], problems: [] };
  const visit = (suite) => {
    for (const spec of suite.specs ?? []) {
      for (const test of spec.tests) {
        if (test.status === 'skipped') count.skipped.push(spec.title);
        else if (test.status !== 'expected') count.problems.push(problem(`${spec.file}: ${spec.title}`, test.results?.[0]?.error?.message));
      }
    }
    for (const inner of suite.suites ?? []) visit(inner);
  };
  for (const suite of report.suites ?? []) visit(suite);
  for (const error of report.errors ?? []) count.problems.push(problem('Playwright', error.message ?? error.value));
  return count;
}

/**
 * What a stage contributes: what was skipped counts as failed, and so does a runner that failed, or ran nothing, without saying why in numbers.
 * @param {Count} count
 * @param {number} exitCode
 * @returns {{ passed: number, failed: number, notes: string[] }}
 */
export function settle(count, exitCode) {
  const notes = [...count.problems, ...count.skipped.map((name) => `skipped, which counts as failed: ${name}`)];
  let failed = count.failed + count.skipped.length;
  if (failed === 0 && exitCode !== 0) {
    failed = 1;
    notes.push(`ended with code ${exitCode} although no test failed`);
  }
  if (failed === 0 && count.passed === 0) {
    failed = 1;
    notes.push('no test ran');
  }
  return { passed: count.passed, failed, notes };
}
