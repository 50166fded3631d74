// The list follows the sources: a mutant whose text has gone breaks nothing, and shows nothing.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mutants } from './mutants-list.ts';

const source = (file: string): string => readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8');

test.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s: its text is in the file exactly once', (_, { file, from, to }) => {
  expect(source(file).split(from).length - 1).toBe(1);
  expect(to).not.toBe(from);
});
