import { expect, test } from 'vitest';
import { libc } from './libc.ts';
import { trimMalloc } from './trim.ts';

test('what malloc keeps can be given back where the C library knows how', () => {
  const isMusl = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime === undefined;
  expect(libc().malloc_trim === null).toBe(isMusl);
  expect(() => trimMalloc()).not.toThrow();
});
