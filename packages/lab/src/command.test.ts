import { expect, test } from 'vitest';
import { formatStatus, labCommand } from './command.ts';

/** Run `parallax lab ...` and report what a shell would see. Only for command lines that never reach the system. */
async function shell(...words: string[]): Promise<{ code: number; text: string }> {
  let text = '';
  const say = (part: string) => {
    text += part;
  };
  class Exit extends Error {}
  let code = -1;
  const exit = (given: number) => {
    code = given;
    throw new Exit();
  };
  await labCommand({ out: say, err: say, exit })
    .parseAsync(words, { from: 'user' })
    .catch((error) => {
      if (!(error instanceof Exit)) throw error;
    });
  return { code, text };
}

test.each([
  ['an unknown host', ['exec', 'moon', 'ls'], 'the hosts are client, online, target, assistant, switch'],
  ['a missing program', ['exec', 'client'], "missing required argument 'command'"],
  ['a wrong switch', ['offload', 'maybe'], 'Allowed choices are on, off'],
  ['a loss above 100', ['loss', '101'], 'Give a number from 0 to 100'],
  ['a loss that is no number', ['loss', 'lots'], 'Give a number from 0 to 100'],
  ['a wrong direction', ['loss', '1', 'sideways'], 'Allowed choices are in, out, both'],
  ['a wrong option of up', ['up', '--offload', 'x'], 'Allowed choices are on, off'],
  ['an unknown subcommand', ['fly'], "unknown command 'fly'"],
  ['no subcommand', [], 'Commands:'],
])('%s is a usage error: code 2, and says what is allowed', async (_, words, message) => {
  const { code, text } = await shell(...words);
  expect(text).toContain(message);
  expect(code).toBe(2);
});

test.each(['up', 'down', 'status', 'exec', 'offload', 'loss', 'route', 'link', 'mtu'])('%s has help', async (name) => {
  const { code, text } = await shell(name, '--help');
  expect(code).toBe(0);
  expect(text).toContain(`Usage: lab ${name}`);
  expect(text).toContain('--prefix');
});

test('a prefix that cannot name a namespace is a failure that says so', async () => {
  const { code, text } = await shell('up', '--prefix', 'No/Way');
  expect([code, text]).toEqual([1, expect.stringContaining('parallax lab: "No/Way": a lab prefix is 1 to 24 lower-case letters')]);
});

test('the status is one paragraph per host', () => {
  const up = {
    isUp: true,
    addresses: ['10.90.1.21/16'],
    routes: ['10.90.0.0/24 via 10.90.1.22'],
    mtuBytes: 1500,
    hasCarrier: true,
    isOffloading: false,
    pids: [7, 9],
  };
  const absent = { isUp: false, addresses: [], routes: [], mtuBytes: 0, hasCarrier: false, isOffloading: false, pids: [] };
  const text = formatStatus({
    prefix: 'demo',
    isUp: false,
    lossRules: [],
    hosts: [
      { host: 'target', ...up },
      { host: 'client', ...absent },
    ],
  });
  expect(text).toBe(
    'lab "demo": not up\ntarget     mtu 1500, offload off, link up, processes 7 9\n           10.90.1.21/16\n           10.90.0.0/24 via 10.90.1.22\nclient     absent\n',
  );
});
