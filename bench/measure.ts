// One workload, once per way of watching it: alone, beside tcpdump, and mirrored.
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADDRESS, type Lab, type Redis, type Running, redisCalls, startParallax, startRedis } from '@parallax/lab';
import { type Delays, recordDelays } from './delay.ts';
import { cpuSeconds, memoryMib } from './process-tree.ts';
import type { Workload } from './workloads.ts';

const LOAD_WITHIN_MS = 120_000;
/** The target may lag behind the online server; it has caught up when its count stands still for so long. */
const STILL_MS = 1000;
const CATCH_UP_WITHIN_MS = 30_000;

export interface AgentFigures {
  cpuSeconds: number;
  rssMib: number;
  pssMib: number;
}

export interface MirroredFigures {
  online: AgentFigures;
  assistant: AgentFigures;
  requestsAtTarget: number;
  /** How long the target needed after the load had ended. */
  catchUpSeconds: number;
  /** Copies by the bucket in which they ended, but for those without any. */
  endings: Record<string, number>;
  captureDropped: number;
  retransmitted: number;
  delays: Delays | null;
}

export interface Figures {
  workload: string;
  /** Of the load itself. */
  seconds: { alone: number; tcpdump: number; mirrored: number };
  requests: number;
  redisCpuSeconds: number;
  tcpdumpCpuSeconds: number;
  mirrored: MirroredFigures;
}

interface Servers {
  online: Redis;
  target: Redis;
}

const requestsOf = async (redis: Redis): Promise<number> => {
  const { get = 0, set = 0 } = redisCalls(await redis.info('commandstats'));
  return get + set;
};

const secondsSince = (startedAtMs: number): number => (performance.now() - startedAtMs) / 1000;

/** Run the load to its end; resolves with the seconds it took. */
async function runLoad(lab: Lab, { command }: Workload): Promise<number> {
  const startedAtMs = performance.now();
  await lab.mustExec('client', command, { timeoutMs: LOAD_WITHIN_MS });
  return secondsSince(startedAtMs);
}

async function untilStill(redis: Redis, wanted: number): Promise<number> {
  const startedAtMs = performance.now();
  let last = await requestsOf(redis);
  let movedAtMs = performance.now();
  while (last < wanted && performance.now() - movedAtMs < STILL_MS && performance.now() - startedAtMs < CATCH_UP_WITHIN_MS) {
    await sleep(20);
    const now = await requestsOf(redis);
    if (now !== last) movedAtMs = performance.now();
    last = now;
  }
  return (movedAtMs - startedAtMs) / 1000;
}

async function besideTcpdump(lab: Lab, workload: Workload): Promise<{ seconds: number; cpuSeconds: number }> {
  const child: ChildProcess = lab.spawn('online', ['tcpdump', '-i', 'eth0', '-w', '/dev/null', 'tcp port 6379'], { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr?.resume();
  await sleep(500);
  const before = cpuSeconds(child.pid!);
  const seconds = await runLoad(lab, workload);
  const spent = cpuSeconds(child.pid!) - before;
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGINT');
  await gone;
  return { seconds, cpuSeconds: spent };
}

type LastSample = { ledger?: { copies: Record<string, number> }; packets?: { captureDropped: number } };

/** What the agent's `--stats` lines add up to. */
function readStats(lines: readonly string[]): { endings: Record<string, number>; captureDropped: number } {
  let captureDropped = 0;
  let endings: Record<string, number> = {};
  for (const line of lines) {
    if (!line.startsWith('{')) continue;
    const sample = JSON.parse(line) as LastSample;
    captureDropped += sample.packets?.captureDropped ?? 0;
    endings = Object.fromEntries(Object.entries(sample.ledger?.copies ?? {}).filter(([, count]) => count > 0));
  }
  return { endings, captureDropped };
}

const retransmittedBy = async (lab: Lab): Promise<number> => {
  const text = await lab.mustExec('target', ['nstat', '-asz', 'TcpExtTCPDSACKOfoSent', 'TcpExtTCPDSACKOldSent', 'TcpExtDelayedACKLost']);
  return [...text.matchAll(/DSACK\w+Sent\s+(\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
};

async function mirrored(lab: Lab, workload: Workload, servers: Servers, program: string): Promise<{ seconds: number; figures: MirroredFigures }> {
  const key = join(lab.dir, 'bench.key');
  writeFileSync(key, randomBytes(32).toString('base64'), { mode: 0o600 });
  const common = ['-i', 'eth0', '--key-file', key];
  const assistant = await startParallax(lab, 'assistant', program, ['assistant', ...common]);
  let online: Running | null = null;
  try {
    const mapping = ['-x', `6379-${ADDRESS.target}:6379`, '-s', ADDRESS.assistant];
    online = await startParallax(lab, 'online', program, ['online', ...mapping, ...common, '--stats', ...workload.onlineArgs]);
    await sleep(500);
    const delays = workload.measuresDelay ? await recordDelays(lab) : null;
    const agents = [online, assistant].map(({ child }) => child.pid!);
    const cpuBefore = agents.map(cpuSeconds);
    const [onlineBefore, targetBefore, retransmittedBefore] = [await requestsOf(servers.online), await requestsOf(servers.target), await retransmittedBy(lab)];
    const seconds = await runLoad(lab, workload);
    const memory = agents.map(memoryMib);
    const requests = (await requestsOf(servers.online)) - onlineBefore;
    const catchUpSeconds = await untilStill(servers.target, targetBefore + requests * workload.copies);
    await sleep(1100); // the next --stats line
    const figure = (index: number): AgentFigures => ({
      cpuSeconds: cpuSeconds(agents[index]!) - cpuBefore[index]!,
      rssMib: memory[index]!.rss,
      pssMib: memory[index]!.pss,
    });
    return {
      seconds,
      figures: {
        online: figure(0),
        assistant: figure(1),
        requestsAtTarget: (await requestsOf(servers.target)) - targetBefore,
        catchUpSeconds,
        ...readStats(online.lines),
        retransmitted: (await retransmittedBy(lab)) - retransmittedBefore,
        delays: (await delays?.stop()) ?? null,
      },
    };
  } finally {
    await online?.stop();
    await assistant.stop();
  }
}

/** Measure one workload against one build of Parallax. */
export async function measure(lab: Lab, workload: Workload, program: string, isQuick: boolean): Promise<Figures> {
  await lab.offload(workload.offload);
  const servers = { online: await startRedis(lab, 'online'), target: await startRedis(lab, 'target') };
  try {
    const value = 'v'.repeat(workload.presetBytes);
    if (workload.presetBytes > 0) for (const redis of Object.values(servers)) await redis.command('SET', 'key:__rand_int__', value);
    const redisBefore = cpuSeconds(servers.online.process.pid!);
    const requestsBefore = await requestsOf(servers.online);
    const alone = await runLoad(lab, workload);
    const redisCpuSeconds = cpuSeconds(servers.online.process.pid!) - redisBefore;
    const requests = (await requestsOf(servers.online)) - requestsBefore;
    const tcpdump = isQuick ? { seconds: Number.NaN, cpuSeconds: Number.NaN } : await besideTcpdump(lab, workload);
    const { seconds, figures } = await mirrored(lab, workload, servers, program);
    return {
      workload: workload.name,
      seconds: { alone, tcpdump: tcpdump.seconds, mirrored: seconds },
      requests,
      redisCpuSeconds,
      tcpdumpCpuSeconds: tcpdump.cpuSeconds,
      mirrored: figures,
    };
  } finally {
    for (const redis of Object.values(servers)) await redis.stop();
  }
}
