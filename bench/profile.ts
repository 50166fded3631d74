// `npm run bench:profile`: what the packet paths spend their time on, or allocate, during ten seconds of steady load. Needs root.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Lab } from '@parallax/lab';
import { type Agents, accountOf, startAgents } from './agents.ts';
import { processTree } from './process-tree.ts';
import { startService } from './services.ts';
import { workloads } from './workloads.ts';

const USAGE = `npm run bench:profile -- [--what cpu|heap] [--only NAME] [--seconds N] [--opening] [--top N]

Runs one workload of npm run bench and profiles both packet paths for N seconds of it (10). heap (the default) counts what is allocated, also what is
collected again, by sampling every 4 KiB; cpu samples every 0.2 ms. --opening begins before the load does, so that its connections are
opened meanwhile. Build first.`;

/** The load settles before the profile begins. */
const WARM_MS = 2000;

interface HeapNode {
  callFrame: { functionName: string; url: string };
  selfSize: number;
  children: HeapNode[];
}
interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string } }[];
  samples: number[];
  timeDeltas: number[];
}

const fail = (sentence: string): never => {
  console.error(`bench:profile: ${sentence}; --help shows every option`);
  process.exit(2);
};

const options = {
  what: { type: 'string', default: 'heap' },
  only: { type: 'string', default: 'kept' },
  seconds: { type: 'string', default: '10' },
  opening: { type: 'boolean', default: false },
  top: { type: 'string', default: '15' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function readOptions() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

const values = readOptions();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const known = workloads(50);
const workload =
  known.find(({ name }) => name === values.only) ?? fail(`there is no workload "${values.only}"; there are ${known.map(({ name }) => name).join(', ')}`);
const positive = (name: 'seconds' | 'top'): number =>
  Number(values[name]) > 0 ? Number(values[name]) : fail(`--${name} "${values[name]}" is not a positive number`);
const seconds = positive('seconds');
const top = positive('top');
if (!['cpu', 'heap'].includes(values.what)) fail(`--what "${values.what}" is neither cpu nor heap`);

/** Self values by function, from the profile of one packet path. */
function byFunction({ profile }: { profile: { head: HeapNode } | CpuProfile }): Map<string, number> {
  const sums = new Map<string, number>();
  const add = (name: string, value: number) => sums.set(name || '(anonymous)', (sums.get(name || '(anonymous)') ?? 0) + value);
  if ('head' in profile) {
    const visit = (node: HeapNode): void => {
      add(node.callFrame.functionName, node.selfSize);
      node.children.forEach(visit);
    };
    visit(profile.head);
  } else {
    const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
    for (const [index, id] of profile.samples.entries()) add(names.get(id) ?? '', profile.timeDeltas[index]!);
  }
  return sums;
}

const signalPaths = (agents: Agents): void => {
  for (const { child } of [agents.online, agents.assistant]) for (const pid of processTree(child.pid!).slice(1)) process.kill(pid, 'SIGUSR2');
};
/** Packets that both packet paths took in, by their `--stats` lines so far. */
const packets = (agents: Agents): Record<'online' | 'assistant', number> => {
  const sum = (lines: readonly string[]) =>
    lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { packets?: Record<string, number> })
      .reduce((total, { packets: counts }) => total + (counts?.captured ?? 0) + (counts?.answers ?? 0), 0);
  return { online: sum(agents.online.lines), assistant: sum(agents.assistant.lines) };
};

const lab = await Lab.up({ prefix: `prof-${process.pid}`, removeOnExit: true });
try {
  await lab.offload(workload.offload);
  const services = [await startService(lab, 'online', workload), await startService(lab, 'target', workload)];
  process.env.NODE_OPTIONS = `--import ${fileURLToPath(new URL('./profile-preload.mjs', import.meta.url))}`;
  process.env.PARALLAX_PROFILE = values.what;
  process.env.PARALLAX_PROFILE_DIR = lab.dir;
  const program = fileURLToPath(new URL('../bin/parallax', import.meta.url));
  const agents = await startAgents(lab, { name: 'parallax', program, args: [], onlineArgs: [] }, workload.ports, workload.onlineArgs);
  delete process.env.NODE_OPTIONS;
  const run = () => workload.commands.map((command) => lab.spawn('client', command, { stdio: 'ignore' }));
  const early = values.opening ? [] : run();
  await sleep(WARM_MS);
  signalPaths(agents);
  const load = values.opening ? run() : early;
  const before = { packets: packets(agents), requests: await services[0]!.requests() };
  await sleep(seconds * 1000);
  signalPaths(agents);
  const after = { packets: packets(agents), requests: await services[0]!.requests() };
  await sleep(2000);
  for (const child of load) child.kill('SIGKILL');
  const requests = after.requests - before.requests;
  console.log(`${workload.title}: ${requests} requests in ${seconds} s; ${JSON.stringify(accountOf(agents).captureDropped)} ring drops`);
  for (const name of ['online', 'assistant'] as const) {
    const sums = byFunction(JSON.parse(readFileSync(`${lab.dir}/${name}.json`, 'utf8')));
    const total = [...sums.values()].reduce((sum, value) => sum + value, 0);
    const unit = values.what === 'cpu' ? 'µs' : 'bytes';
    console.log(`\n${name}: ${(total / requests).toFixed(1)} ${unit} per request`);
    for (const [title, value] of [...sums].sort(([, a], [, b]) => b - a).slice(0, top))
      console.log(`${(value / requests).toFixed(2).padStart(9)} ${unit}  ${title}`);
  }
  await agents.stop();
  for (const service of services) await service.stop();
} finally {
  await lab.down();
}
