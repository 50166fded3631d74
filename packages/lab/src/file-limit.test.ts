import { expect, test } from 'vitest';
import { openFilesOf, requireOpenFiles } from './file-limit.ts';

const limits = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                 524288               files\n`;

test.each([
  ['1024', 1024],
  ['unlimited', Number.POSITIVE_INFINITY],
])('a limit of %s', (words, allowed) => {
  expect(openFilesOf(limits(words))).toBe(allowed);
});

test('too few, or none told, is an error that says so', () => {
  expect(() => requireOpenFiles(limits('1024'))).toThrow('may have 1024 files open, and a lab needs 20000; raise the limit first: ulimit -n 20000');
  expect(() => requireOpenFiles('Max processes 1 2')).toThrow('no line "Max open files"');
  expect(() => requireOpenFiles(limits('20000'))).not.toThrow();
});
