import { expect, test } from 'vitest';
import { countPlaywright, countVitest, settle } from './results.mjs';

const assertion = (status, fullName = 'a test', failureMessages = []) => ({ status, fullName, failureMessages });

test('Vitest: passed, failed and skipped tests of all files', () => {
  const report = {
    testResults: [
      { name: 'a', status: 'passed', assertionResults: [assertion('passed'), assertion('skipped', 'later'), assertion('todo', 'some day')] },
      { name: 'b', status: 'failed', assertionResults: [assertion('passed'), assertion('failed', 'b counts', ['\u001b[31m3 was not 4\u001b[39m\n  at x'])] },
    ],
  };
  expect(countVitest(report)).toEqual({ passed: 2, failed: 1, skipped: ['later', 'some day'], problems: ['b counts: 3 was not 4'] });
});

test('Vitest: a file that cannot be loaded, or whose hook fails, is one failure', () => {
  const report = { testResults: [{ name: 'c', status: 'failed', message: 'no such module\n  at x', assertionResults: [] }] };
  expect(countVitest(report)).toEqual({ passed: 0, failed: 1, skipped: [], problems: ['c: no such module'] });
});

test('Playwright: flaky is failed, skipped is found at any depth', () => {
  const spec = (title, status, message) => ({ file: 'x.spec.ts', title, tests: [{ status, results: [{ error: { message } }] }] });
  const report = {
    stats: { expected: 2, unexpected: 1, flaky: 1, skipped: 1 },
    suites: [{ specs: [spec('a', 'expected')], suites: [{ specs: [spec('b', 'skipped'), spec('c', 'unexpected', 'no such row\n  at y')] }] }],
    errors: [{ message: 'the server did not start\n...' }],
  };
  const problems = ['x.spec.ts: c: no such row', 'Playwright: the server did not start'];
  expect(countPlaywright(report)).toEqual({ passed: 2, failed: 2, skipped: ['b'], problems });
});

const count = { passed: 3, failed: 0, skipped: [], problems: [] };
test.each([
  ['all passed', count, 0, { passed: 3, failed: 0 }],
  ['skipped counts as failed', { ...count, skipped: ['x'] }, 0, { passed: 3, failed: 1 }],
  ['a bad end without a failed test is one failure', count, 1, { passed: 3, failed: 1 }],
  ['nothing ran is one failure', { ...count, passed: 0 }, 0, { passed: 0, failed: 1 }],
  ['a bad end with failed tests adds nothing', { ...count, failed: 2 }, 1, { passed: 3, failed: 2 }],
])('%s', (_, given, exitCode, expected) => {
  expect(settle(given, exitCode)).toMatchObject(expected);
});
