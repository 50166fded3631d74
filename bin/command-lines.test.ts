// Every program explains itself, and refuses what it does not understand: the value, what to do instead, exit code 2, no stack trace. Needs dist/.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { assistantCommand } from '@parallax/agent-assistant';
import { onlineCommand } from '@parallax/agent-online';
import type { Command, CommanderError } from 'commander';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const NONSENSE = '?!';
/** What a sentence says when it says what to do. */
const remedy = /\b(give|write|choose|there are|is neither|allowed choices are|leave it out|set)\b|--help|^usage: /im;

type Said = { code: number | null; out: string; err: string };
const run = (words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Said> =>
  new Promise((resolve) => {
    const asked = { cwd: root, timeout: 20_000, env: { ...process.env, PARALLAX_TOKEN: '', PARALLAX_API_TOKEN: '', PARALLAX_CONSOLE: undefined, ...env } };
    const child = execFile(process.execPath, [...words], asked, (_, out, err) => resolve({ code: child.exitCode, out, err }));
  });

const parallax = ['bin/parallax'];
const demo = ['dist/demo.mjs'];
const source = (path: string) => ['--import', 'tsx', path];
const bench = source('bench/run.ts');
const profile = source('bench/profile.ts');
const stages = source('bench/stages/run.ts');
const sim = source('packages/engine/src/simulation/main.ts');
const mutants = source('packages/engine/src/simulation/mutants.ts');
const truth = source('tests/latency/matrix.ts');
const tests = ['scripts/test.mjs'];
const verdict = [...parallax, 'verdict', '--console', 'http://127.0.0.1:1', '--mapping', 'm'];
const named = (words: readonly string[]) => words.filter((word) => word !== '--import' && word !== 'tsx').join(' ');

test.concurrent.each(
  [
    parallax,
    ...['console', 'online', 'assistant', 'verdict', 'lab', 'lab up', 'lab exec', 'lab loss'].map((words) => [...parallax, ...words.split(' ')]),
    demo,
    bench,
    profile,
    stages,
    sim,
    mutants,
    truth,
    tests,
  ].map((words) => [named(words), words] as const),
)('%s --help explains itself', async (_, words) => {
  const { code, out, err } = await run([...words, '--help']);
  expect([code, err]).toEqual([0, '']);
  expect(out.toLowerCase()).toMatch(/^usage: |^npm run /);
  expect(out.length).toBeGreaterThan(40);
});

const wrong: [readonly string[], string][] = [
  [[...parallax, 'frobnicate'], "'frobnicate'"],
  [[...parallax, '--frobnicate'], "'--frobnicate'"],
  [[...parallax, 'online', '--frobnicate'], "'--frobnicate'"],
  [[...parallax, 'online', 'frobnicate'], "'online'"],
  [[...parallax, 'online', '-x'], "'-x, --mappings <list>'"],
  [[...parallax, 'assistant', '--frobnicate'], "'--frobnicate'"],
  [[...parallax, 'assistant', 'frobnicate'], "'assistant'"],
  [[...parallax, 'assistant', '--rx', 'v4'], "'v4'"],
  [[...parallax, 'assistant', '--io', 'pcap', '--rx', 'v3'], '--rx v3 is a way of the ring'],
  [[...parallax, 'online', '--rx', 'fast'], "'fast'"],
  [[...parallax, 'online', '--io', 'pcap', '--rx', 'recvmmsg'], '--rx recvmmsg is a way of the ring'],
  [[...parallax, 'online', '--io', 'pcap', '--tx', 'packet'], '--tx packet is a way of the ring'],
  [[...parallax, 'assistant', '--console', 'ws://h', '--no-auth'], '--no-auth does not go with --console'],
  [[...parallax, 'console', '--frobnicate'], "'--frobnicate'"],
  [[...parallax, 'console', '--listen', '3000'], '--listen "3000"'],
  [[...parallax, 'console', '--listen', 'h:70000'], '--listen "h:70000"'],
  [[...parallax, 'console', '--lease', 'abc'], '--lease "abc"'],
  [[...parallax, 'console', '--lease', '1'], '--lease "1"'],
  [[...parallax, 'console', '--lease', '1e3'], '--lease "1e3"'],
  [[...parallax, 'console', '--lease', '7200'], '--lease "7200"'],
  [[...parallax, 'console', '--database-url', 'mysql://ada:secret@h/d'], '--database-url "mysql://ada:…@h/d"'],
  [[...parallax, 'console', '--keep', '2s=1h'], '--keep "2s=1h"'],
  [[...parallax, 'console', '--socket', `/tmp/${'x'.repeat(120)}`], `--socket "/tmp/${'x'.repeat(120)}"`],
  [[...verdict, '--for', '5'], '--for "5"'],
  [[...verdict, '--max-p99-delta', '2'], '--max-p99-delta "2"'],
  [[...verdict, '--resolution', 'fine'], '--resolution "fine"'],
  [[...verdict, '--console', 'ftp://h'], '--console "ftp://h"'],
  [verdict, 'no credentials'],
  [[...parallax, 'verdict'], "'--console <url>'"],
  [[...parallax, 'lab', 'loss', 'x'], '"x" is not a share'],
  [[...demo, '--frobnicate'], "'--frobnicate'"],
  [[...demo, '--port', '0'], 'port 0'],
  [[...demo, '--rate', '1.5'], '"1.5"'],
  [[...demo, '--minutes', '-1'], '"-1"'],
  [[...demo, 'frobnicate'], 'too many arguments'],
  [[...bench, '--frobnicate'], "'--frobnicate'"],
  [[...bench, '--only', 'frobnicate'], '"frobnicate"'],
  [[...bench, '--io', 'magic'], '--io "magic"'],
  [[...bench, '--rx', 'v4'], '--rx "v4"'],
  [[...bench, '--workers', '0'], '--workers "0"'],
  [[...bench, '--rounds', 'x'], '--rounds "x"'],
  [[...bench, '--offload', 'x'], '--offload "x"'],
  [[...bench, '--program', '/nope'], '--program "/nope"'],
  [[...profile, '--frobnicate'], "'--frobnicate'"],
  [[...profile, '--only', 'frobnicate'], '"frobnicate"'],
  [[...profile, '--seconds', 'x'], '--seconds "x"'],
  [[...profile, '--what', 'x'], '--what "x"'],
  [[...stages, 'x'], '"x"'],
  [[...sim, '--seeds', 'abc'], '--seeds "abc"'],
  [[...sim, '--seed', '-1'], "'--seed"],
  [[...sim, '--frobnicate'], "'--frobnicate'"],
  [[...mutants, 'frobnicate'], '"frobnicate"'],
  [[...truth, 'fast'], '"fast"'],
  [[...tests, 'frobnicate'], '"frobnicate"'],
];
test.concurrent.each(wrong.map(([words, value]) => [named(words), value, words] as const))('%s: code 2, and a sentence about %s', async (_, value, words) => {
  const { code, out, err } = await run(words);
  expect(err).toContain(value);
  expect(err).toMatch(remedy);
  expect(err, 'no stack trace').not.toMatch(/^\s+at .*:\d+/m);
  expect([code, out]).toEqual([2, '']);
});

test('a console’s address from the environment is looked at like one from the command line', async () => {
  const { code, err } = await run([...parallax, 'assistant'], { PARALLAX_CONSOLE: 'http://h' });
  expect(err).toMatch(/PARALLAX_CONSOLE.*"http:\/\/h" is not a console's address; write ws:/);
  expect(code).toBe(2);
});

const parsed = [onlineCommand(), assistantCommand()].flatMap((command) =>
  command.options.filter(({ parseArg, hidden }) => parseArg !== undefined && !hidden).map((option) => [command.name(), option.flags, command, option] as const),
);
test.each(parsed)('parallax %s %s names a value that is none, and says what is', (_, __, command: Command, option) => {
  let text = '';
  command.exitOverride().configureOutput({ writeErr: (part) => (text += part) });
  command.action(() => expect.unreachable('it was taken'));
  let code: string | undefined;
  try {
    command.parse([`${option.long}=${NONSENSE}`], { from: 'user' });
  } catch (error) {
    code = (error as CommanderError).code;
  }
  expect(code).toBe('commander.invalidArgument');
  expect(text).toContain(NONSENSE);
  expect(text).toMatch(remedy);
});
