import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from './lab.ts';
import { startLoad } from './load.ts';
import { namespacePath, PLACES } from './names.ts';
import { type Redis, redisCalls, startRedis } from './redis.ts';
import { redisCommand } from './redis-client.ts';
import { redisMonitor } from './redis-monitor.ts';
import { waitUntil } from './wait.ts';

const prefix = `plxs-${process.pid}`;
let lab: Lab;
let redis: Redis;
beforeAll(async () => {
  lab = await Lab.up({ prefix, removeOnExit: true });
  redis = await startRedis(lab, 'online');
});
afterAll(() => Lab.down({ prefix }));

test('a started redis answers on its unix socket and counts', async () => {
  expect(await redis.command('SET', 'greeting', 'hello\r\nthere')).toBe('OK');
  expect(await redis.command('GET', 'greeting')).toBe('hello\r\nthere');
  const info = await redis.info();
  expect(info.tcp_port).toBe(6379);
  expect(redisCalls(info)).toMatchObject({ get: 1, set: 1 });
  await expect(redis.command('NONSENSE')).rejects.toThrow('unknown command');
});

test('a port that is taken is a clear failure with the last words of the server', async () => {
  await expect(startRedis(lab, 'online', { unixSocket: `${lab.dir}/second.sock` })).rejects.toThrow(
    /redis-server did not start on online:6379.*Address already in use/s,
  );
});

test.each([4, 6] as const)('the load over IPv%i uses its client addresses and its rate, and its figures agree with the server', async (family) => {
  await redis.command('CONFIG', 'RESETSTAT');
  const monitor = await redisMonitor(lab, 'online');
  const result = await startLoad(lab, { clients: 3, ratePerSecond: 200, seconds: 1, family }).done;
  monitor.stop();
  expect(result).toMatchObject({ failed: 0, connections: 3, answered: result.sent });
  expect(result.sent).toBeGreaterThan(150);
  expect(result.sent).toBeLessThanOrEqual(200);
  const { get = 0, set = 0, incr = 0 } = redisCalls(await redis.info());
  expect(get + set + incr).toBe(result.sent);
  const fromLoad = monitor.lines.filter((line) => !line.peer.startsWith('unix:'));
  expect(fromLoad).toHaveLength(result.sent);
  const hosts = new Set(fromLoad.map((line) => line.peer.slice(0, line.peer.lastIndexOf(':'))));
  expect([...hosts].toSorted()).toEqual(family === 4 ? ['10.90.0.10', '10.90.0.11', '10.90.0.12'] : ['[fd90::10]', '[fd90::11]', '[fd90::12]']);
});

test('the load reconnects when told to, outlives a server restart, and stops when asked', async () => {
  const short = await startLoad(lab, { clients: 2, ratePerSecond: 200, seconds: 0.5, requestsPerConnection: 10 }).done;
  expect(short.connections).toBeGreaterThan(4);
  expect(short.answered).toBe(short.sent);
  const run = startLoad(lab, { clients: 2, ratePerSecond: 100, seconds: 60 });
  await waitUntil(() => run.latest.answered > 20, { what: 'the load runs' });
  await redis.stop();
  redis = await startRedis(lab, 'online');
  const before = run.latest.answered;
  await waitUntil(() => run.latest.connections >= 4 && run.latest.answered > before, { what: 'the load found the server again' });
  const result = await run.stop();
  expect(result.answered + result.failed).toBe(result.sent);
  expect(existsSync(`/proc/${run.pid}`)).toBe(false);
});

test('a load that makes no sense is refused', () => {
  expect(() => startLoad(lab, { clients: 0 })).toThrow('the load cannot run like this');
});

/** A process that makes a lab of its own and keeps a program running in it, until it is told or forced to end. */
async function startOwner(name: string) {
  const program = `
    import { Lab } from '${import.meta.dirname}/lab.ts';
    const lab = await Lab.up({ prefix: '${name}', removeOnExit: true });
    lab.spawn('target', ['sleep', '600'], { stdio: 'ignore' });
    console.log('up');
    process.stdin.once('data', () => process.exit(0));`;
  const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  });
  await once(owner.stdout, 'data');
  return owner;
}

test.each([
  ['SIGTERM', 'SIGTERM', [null, 'SIGTERM']],
  ['SIGINT', 'SIGINT', [null, 'SIGINT']],
  ['its own end', undefined, [0, null]],
] as const)('a lab made with removeOnExit goes with its owner: %s', async (_, signal, end) => {
  const name = `plxo-${process.pid}`;
  const owner = await startOwner(name);
  expect(PLACES.map((place) => existsSync(namespacePath(`${name}-${place}`)))).not.toContain(false);
  if (signal) owner.kill(signal);
  else owner.stdin.write('end\n');
  expect(await once(owner, 'exit')).toEqual(end);
  expect(PLACES.map((place) => existsSync(namespacePath(`${name}-${place}`)))).not.toContain(true);
});

test('what a killed owner left behind goes when the next lab is made, and what runs elsewhere stays', async () => {
  const owner = await startOwner(`plxk-${process.pid}`);
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  expect(existsSync(namespacePath(`plxk-${process.pid}-target`))).toBe(true);
  const next = await Lab.up({ prefix: `plxn-${process.pid}`, removeOnExit: true });
  expect(existsSync(namespacePath(`plxk-${process.pid}-target`))).toBe(false);
  await next.down();
  expect(await redis.command('PING')).toBe('PONG');
});

test('the monitor says when there is no server', async () => {
  await expect(redisMonitor(lab, 'target')).rejects.toThrow('cannot watch redis at');
  await expect(redisCommand(`${lab.dir}/none.sock`, ['PING'])).rejects.toThrow('ENOENT');
});
