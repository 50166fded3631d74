// The main job on one machine: four hosts, Redis on two of them, agents, a console in the browser. `npm run demo [-- --once]`
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { fail, parsePort, parseWhole, USAGE } from '@parallax/agent-kit';
import {
  ADDRESS,
  type ConsoleClient,
  joinAgent,
  Lab,
  type MonitorLine,
  type RedisMonitor,
  type RunningConsole,
  redisMonitor,
  startConsole,
  startLoad,
  startRedis,
  waitUntil,
} from '@parallax/lab';
import type { MappingRequest } from '@parallax/protocol';
import { Command } from 'commander';

const PREFIX = 'plxdemo';
const PROGRAM = fileURLToPath(new URL('../bin/parallax', import.meta.url));

type DemoOptions = { once?: boolean; port: number; minutes: number; rate: number };

const say = (text: string) => process.stdout.write(`${text}\n`);

/** Lab, servers, console and agents; the mapping `redis` runs. */
async function bringUp(lab: Lab, port: number): Promise<{ console: RunningConsole; mappingId: string; mapping: MappingRequest }> {
  say('starting redis-server on the online and on the target server');
  await Promise.all([startRedis(lab, 'online'), startRedis(lab, 'target')]);
  say('starting the console');
  const console_ = await startConsole(lab, PROGRAM, port, { name: 'admin', password: randomBytes(9).toString('base64url') });
  say('starting the agents');
  const [assistant, online] = [await joinAgent(lab, PROGRAM, console_, 'assistant'), await joinAgent(lab, PROGRAM, console_, 'online')];
  const mapping: MappingRequest = {
    name: 'redis',
    onlineAgentId: online.id,
    assistantAgentId: assistant.id,
    listen: { address: null, port: 6379 },
    target: { address: ADDRESS.target, port: 6379 },
    multiplier: 1,
    pacing: 'response',
    midStream: 'boundary',
    adapter: 'redis',
  };
  const { id } = await console_.client.addMapping(mapping);
  await console_.client.start(id);
  await untilRunning(console_.client, id);
  return { console: console_, mappingId: id, mapping };
}

function untilRunning(client: ConsoleClient, id: string): Promise<unknown> {
  let last = '';
  return waitUntil(
    async () => {
      const { status } = await client.mapping(id);
      last = `${status?.state}: ${status?.reason}`;
      return status?.state === 'running';
    },
    { what: 'the mapping redis runs', timeoutMs: 15_000 },
  ).catch((error: Error) => {
    throw new Error(`${error.message} (it is ${last})`);
  });
}

const setsOf = (monitor: RedisMonitor, value: string): MonitorLine[] =>
  monitor.lines.filter(({ words }) => words[0]?.toLowerCase() === 'set' && words[2] === value);

/** One SET by a client, and what both servers made of it. Returns what is wrong, or null. */
async function setOnce(lab: Lab, monitors: { online: RedisMonitor; target: RedisMonitor }, copies: number): Promise<string | null> {
  const value = `${new Date().toISOString()} x${copies}`;
  const answer = (await lab.mustExec('client', ['redis-cli', '-h', ADDRESS.online, 'set', 'date', value])).trim();
  await waitUntil(() => setsOf(monitors.target, value).length >= copies, { what: `the target sees ${copies} SETs`, timeoutMs: 5000 }).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 300)); // one more copy would have come by now
  const online = setsOf(monitors.online, value);
  const target = setsOf(monitors.target, value);
  say(`\nredis-cli -h ${ADDRESS.online} set date "${value}"`);
  say(`  the client got   ${answer}`);
  for (const line of online) say(`  online MONITOR   ${line.peer}  ${line.words.join(' ')}`);
  for (const line of target) say(`  target MONITOR   ${line.peer}  ${line.words.join(' ')}`);
  if (answer !== 'OK') return `the client got "${answer}", not one OK`;
  if (online.length !== 1) return `the online server saw ${online.length} SETs, not 1`;
  if (target.length !== copies) return `the target saw ${target.length} SETs, not ${copies}`;
  if (!target.some(({ peer }) => peer === online[0]!.peer)) return `no copy came from the client's own ${online[0]!.peer}`;
  return new Set(target.map(({ peer }) => peer)).size === copies ? null : 'two copies came from the same port';
}

async function once(lab: Lab, options: DemoOptions): Promise<number> {
  const { console: console_, mappingId, mapping } = await bringUp(lab, options.port);
  const monitors = { online: await redisMonitor(lab, 'online'), target: await redisMonitor(lab, 'target') };
  const wrong = [await setOnce(lab, monitors, 1)];
  await console_.client.changeMapping(mappingId, { ...mapping, multiplier: 3 });
  await waitUntil(async () => (await console_.client.mapping(mappingId)).multiplier === 3, { what: 'the multiplier is 3' });
  await untilRunning(console_.client, mappingId);
  wrong.push(await setOnce(lab, monitors, 3));
  await console_.client.stop(mappingId);
  await console_.stop();
  const faults = wrong.filter((each) => each !== null);
  say(
    faults.length === 0
      ? '\nThe same SET reached both servers from the same client address and port; three copies came from three ports.'
      : `\nFAILED: ${faults.join('; ')}`,
  );
  return faults.length === 0 ? 0 : 1;
}

async function stay(lab: Lab, options: DemoOptions): Promise<number> {
  const { console: console_ } = await bringUp(lab, options.port);
  const load = startLoad(lab, { clients: 8, ratePerSecond: options.rate, seconds: options.minutes * 60 });
  say(`
Parallax runs: ${console_.url}
  sign in as   ${console_.user.name}
  password     ${console_.user.password}

Redis is mirrored from ${ADDRESS.online} to ${ADDRESS.target} under a load of ${options.rate} requests/s from 8 client addresses, for ${options.minutes} minutes at most.
Try it:        ip netns exec ${lab.namespace('client')} redis-cli -h ${ADDRESS.online} set date today
Ctrl-C takes every namespace and process down again.`);
  const ended = await Promise.race([untilSignal(), load.done.then(() => 'the time is over')]);
  say(`\n${ended}; taking everything down`);
  await console_.stop();
  return 0;
}

const untilSignal = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve('stopping'));
  });

async function main(options: DemoOptions): Promise<void> {
  if (process.getuid?.() !== 0)
    fail(
      'demo',
      'root is needed: the demo builds four hosts from network namespaces (CAP_SYS_ADMIN, CAP_NET_ADMIN) and captures packets in them (CAP_NET_RAW); run it with sudo',
    );
  const lab = await Lab.up({ prefix: PREFIX, offload: 'on', removeOnExit: true });
  let code = 1;
  try {
    code = await (options.once === true ? once : stay)(lab, options);
  } catch (error) {
    process.stderr.write(`parallax demo: ${(error as Error).message}\n`);
  }
  await lab.down();
  process.exit(code);
}

await new Command('demo')
  .description('A real Redis mirrored on four hosts made of network namespaces, with the console in the browser.')
  .option('--once', 'mirror one SET, then three copies of another, print what both servers saw, exit 0 or 1')
  .option('--port <port>', 'port of the console on 127.0.0.1', parsePort, 3000)
  .option('--minutes <count>', 'the background load ends after this', parseWhole('a number of minutes', 1, 100_000), 60)
  .option('--rate <requests>', 'background load in requests per second', parseWhole('a rate', 1, 100_000), 200)
  .showHelpAfterError('(--help shows every option)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE))
  .action(main)
  .parseAsync();
