// Reads what the test runners counted, so that the totals are theirs and not guessed from an exit code.

/** @typedef {{ passed: number, failed: number, skipped: string[], problems: string[] }} Count */

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
      else if (test.status === 'failed') failedHere++;
      else count.skipped.push(test.fullName);
    }
    if (file.status === 'failed' && failedHere === 0) {
      failedHere = 1;
      count.problems.push(`${file.name}: ${String(file.message).split('\n')[0] || 'failed outside of its tests'}`);
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
    for (const spec of suite.specs ?? []) for (const test of spec.tests) if (test.status === 'skipped') count.skipped.push(spec.title);
    for (const inner of suite.suites ?? []) visit(inner);
  };
  for (const suite of report.suites ?? []) visit(suite);
  for (const error of report.errors ?? []) count.problems.push(String(error.message ?? error.value ?? 'unknown error').split('\n')[0]);
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
