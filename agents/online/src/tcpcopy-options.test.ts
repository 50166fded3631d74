// The table in docs/coming-from-tcpcopy.md and the command must say the same.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { onlineCommand } from './command.ts';
import { refusedOptions } from './tcpcopy-options.ts';

const table = readFileSync(new URL('../../../docs/coming-from-tcpcopy.md', import.meta.url), 'utf8');
const rows = [...table.matchAll(/^\| (`.*?) \| (supported|refused) \|/gm)].flatMap(([, options, verdict]) =>
  [...options!.matchAll(/`-(\w)(?: \w+)?`/g)].map(([text, letter]) => ({ text, letter: letter!, verdict })),
);
const shorts = new Map(onlineCommand().options.map((option) => [option.short?.slice(1), option]));

test('every option of tcpcopy is in the table', () => {
  const letters = new Set(rows.map(({ letter }) => letter));
  expect([...'xcHiaIFBSonfmCprMURDtkslPLOgWhvd'].filter((letter) => !letters.has(letter))).toEqual([]);
});

test.each(rows)('$text is $verdict', ({ letter, verdict, text }) => {
  if (text === '`-i FILE`') return; // the same letter as the interface
  if (verdict === 'refused') expect(refusedOptions).toHaveProperty(letter);
  else if (letter !== 'h') expect([shorts.has(letter), letter in refusedOptions]).toEqual([true, false]);
});
