import { spawnSync } from 'node:child_process';
import { afterAll, expect, test } from 'vitest';
import { Lab } from './lab.ts';
import { pidsIn } from './processes.ts';

const prefix = `plxc-${process.pid}`;
afterAll(() => Lab.down({ prefix }));

/** `parallax lab ...` as a process of its own; with `uid` it gives its privileges away first. */
function shell(words: readonly string[], options: { input?: string; uid?: number } = {}): { code: number | null; stdout: string; stderr: string } {
  const program = `
    import { labCommand } from '${import.meta.dirname}/command.ts';
    ${options.uid === undefined ? '' : `process.setuid(${options.uid});`}
    await labCommand().parseAsync(process.argv.slice(1), { from: 'user' });`;
  const argv = ['--import', 'tsx', '--input-type=module', '-e', program, '--', ...words];
  const env = { ...process.env, LAB_PREFIX: prefix };
  const input = options.input ?? '';
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', cwd: import.meta.dirname, env, input, timeout: 20_000 });
  return { code: status, stdout, stderr };
}

test('up, exec, loss, status and down work from a shell', () => {
  expect(shell(['exec', 'online', 'true'])).toMatchObject({ code: 1, stderr: expect.stringContaining(`start it with: parallax lab up --prefix ${prefix}`) });
  expect(shell(['up'])).toMatchObject({ code: 0, stdout: expect.stringContaining(`the lab "${prefix}" is up: client 10.90.0.10`) });
  expect(shell(['exec', 'online', 'sh', '-c', 'cat; echo "$1" >&2; exit 42', 'sh', '--help'], { input: 'in' })).toEqual({
    code: 42,
    stdout: 'in',
    stderr: '--help\n',
  });
  expect(shell(['exec', 'target', 'sh', '-c', 'kill -9 $$']).code).toBe(137);
  expect(shell(['loss', '12.5', 'out']).code).toBe(0);
  const status = shell(['status']);
  expect(status.stdout).toContain(`lab "${prefix}": up\nclient     mtu 1500, offload off, link up\n`);
  expect(status.stdout).toContain('10.90.0.0/24 via 10.90.1.22 dev eth0');
  expect(status.stdout).toContain('mod 1000000 < 125000 drop');
  expect(JSON.parse(shell(['status', '--json']).stdout)).toMatchObject({ prefix, isUp: true });
  expect(shell(['down'])).toMatchObject({ code: 0, stdout: `the lab "${prefix}" is gone\n` });
  expect(shell(['down']).code).toBe(0);
  expect(shell(['status']).stdout).toContain('not up');
});

test('a user without privileges is told what is needed and why', () => {
  const answer = shell(['up'], { uid: 65_534 });
  expect(answer).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('network namespaces need root (CAP_SYS_ADMIN, CAP_NET_ADMIN), and this process runs as uid 65534'),
  });
});

test('a load ends with the process that started it, even if that one is killed', async () => {
  const lab = await Lab.up({ prefix, removeOnExit: true });
  const program = `
    import { Lab, startLoad } from '${import.meta.dirname}/index.ts';
    startLoad(Lab.attach({ prefix: '${prefix}' }), { seconds: 600 });
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 500);`;
  expect(spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], { cwd: import.meta.dirname }).signal).toBe('SIGKILL');
  await expect.poll(() => pidsIn([lab.namespace('client')]), { timeout: 5_000 }).toEqual([]);
});
