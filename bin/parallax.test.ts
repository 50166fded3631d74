// The command line as a newcomer meets it. Needs the bundle in dist/.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('./parallax', import.meta.url));
const run = (...args: string[]) =>
  spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', timeout: 20_000, env: { ...process.env, PARALLAX_TOKEN: '' } });
const pair = ['-x', '6379-10.90.1.21:6379', '-s', '10.90.1.22'];

test.each([[[]], [['online']], [['assistant']], [['console']], [['lab']], [['lab', 'exec']]])('parallax %j --help explains itself', (words) => {
  const { status, stdout } = run(...words, '--help');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^Usage: parallax/);
});

test('--forecast says what the connections of now would make, and needs neither key nor rights', () => {
  const { status, stdout } = run('online', '-x', '1-10.90.1.21:1,1-10.90.1.23:1/n=0.5', '-s', '10.90.1.22', '--forecast');
  expect([status, stdout]).toEqual([
    0,
    '1-10.90.1.21:1: no connection open now, 0 new ones a second\n1-10.90.1.23:1: no connection open now, 0 new ones a second\n',
  ]);
});

test.each([
  [['online'], 2, /nothing to mirror; give -x PORT-TARGET:PORT -s ASSISTANT, or --console URL/],
  [['online', '-x', '6379-10.90.1.21:6379'], 2, /-s ASSISTANT\[:PORT\] is needed/],
  [['online', ...pair, '--console', 'ws://h'], 2, /-x and -s do not go with --console/],
  [['online', '-x', '6379-10.90.1.21', '-s', '10.90.1.22'], 2, /"10\.90\.1\.21" lacks the port; write 10\.90\.1\.21:6379/],
  [['online', '-x', '70000-10.90.1.21:1', '-s', '10.90.1.22'], 2, /port 70000 is outside 1-65535/],
  [['online', ...pair, '-n', 'abc'], 2, /"abc" is not a multiplier/],
  [['online', ...pair, '-n', '0.001'], 2, /"0\.001" is not a multiplier; give a number from 0\.01 to 1000/],
  [['online', ...pair, '-C', '4'], 2, /option of tcpcopy without a counterpart: one encrypted connection to each assistant/],
  [['online', ...pair, '-L'], 2, /-L: it is an option of tcpcopy without a counterpart/],
  [['online', '--console', 'ws://h', '-n', '3'], 2, /--console tells the agent its mappings, and with them -n/],
  [['online', '--console', 'ws://h', '--pool', '10.95.0.0/24'], 2, /and with them --pool/],
  [['online', ...pair, '--no-auth', '-i', 'lo', '-F', 'tcp and foo'], 1, /filter "tcp and foo" is not valid: /],
  [['online', ...pair, '--io', 'magic'], 2, /Allowed choices are ring, pcap, auto/],
  [['online', ...pair], 1, /a key is needed to trust the other agent: give --key-file FILE/],
  [['online', ...pair, '--key-file', '/nope'], 1, /cannot read the key file \/nope \(ENOENT\); make one with: head -c 32/],
  [['online', ...pair, '--no-auth', '-i', 'eth99'], 1, /there is no interface "eth99"; this host has .*lo/],
  [['online', '--console', 'ws://127.0.0.1:1', '-i', 'lo'], 1, /a token is needed with --console/],
  [['assistant', '-p', '99999'], 2, /port 99999 is outside 1-65535/],
  [['assistant', '--allow-forwarding', '-i', 'lo', '--no-auth', '-F', 'tcp and foo'], 1, /filter "tcp and foo" is not valid: /],
  [['assistant', '--allow-forwarding', '--console', 'http://127.0.0.1', '-i', 'lo'], 2, /"http:\/\/127\.0\.0\.1" is not a console's address/],
  [['assistant', '--allow-forwarding', '--no-auth', '-l', '/nope/log', '-i', 'lo'], 1, /cannot write the log file \/nope\/log/],
  [['frobnicate'], 2, /unknown command 'frobnicate'/],
])('parallax %j ends with code %i and a sentence that names the value', (words, code, sentence) => {
  const { status, stderr } = run(...words);
  expect(stderr).toMatch(sentence);
  expect(status).toBe(code);
});

test.each([['online'], ['lab']])('parallax %s ends without a word when nobody reads what it says', (name) => {
  const { stderr } = spawnSync('sh', ['-c', `"${process.execPath}" "${program}" ${name} --help | true`], { encoding: 'utf8', timeout: 20_000 });
  expect(stderr).toBe('');
});
