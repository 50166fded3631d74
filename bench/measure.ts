// One workload, once per way of watching it: alone, beside tcpdump, and mirrored.
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '@parallax/lab';
import { type Account, type AgentFigures, accountOf, meter, startAgents, type Variant } from './agents.ts';
import { type Delays, recordDelays } from './delay.ts';
import { type Pages, pagesOf } from './process-pages.ts';
import { cpuSeconds } from './process-tree.ts';
import { type Service, startService } from './services.ts';
import type { Workload } from './workloads.ts';

const LOAD_WITHIN_MS = 120_000;
/** The target may lag behind the online server; it has caught up when its count stands still for so long. */
const STILL_MS = 1000;
const CATCH_UP_WITHIN_MS = 30_000;

export interface MirroredFigures extends Account {
  online: AgentFigures;
  assistant: AgentFigures;
  /** Of each agent at the end of the load: every page once, and by part. */
  pages: { online: Pages; assistant: Pages };
  requestsAtTarget: number;
  /** How long the target needed after the load had ended. */
  catchUpSeconds: number;
  retransmitted: number;
  delays: Delays | null;
}

export interface Figures {
  workload: string;
  variant: string;
  /** Of the load itself. */
  seconds: { alone: number; tcpdump: number; mirrored: number };
  requests: number;
  /** The online server's own, while mirrored. */
  serverCpuSeconds: number;
  tcpdumpCpuSeconds: number;
  mirrored: MirroredFigures;
}

interface Services {
  online: Service;
  target: Service;
}

const secondsSince = (startedAtMs: number): number => (performance.now() - startedAtMs) / 1000;

/** Run the load to its end; resolves with the seconds it took. */
async function runLoad(lab: Lab, { commands }: Workload): Promise<number> {
  const startedAtMs = performance.now();
  await Promise.all(commands.map((command) => lab.mustExec('client', command, { timeoutMs: LOAD_WITHIN_MS })));
  return secondsSince(startedAtMs);
}

async function untilStill(service: Service, wanted: number): Promise<number> {
  const startedAtMs = performance.now();
  let last = await service.requests();
  let movedAtMs = performance.now();
  while (last < wanted && performance.now() - movedAtMs < STILL_MS && performance.now() - startedAtMs < CATCH_UP_WITHIN_MS) {
    await sleep(20);
    const now = await service.requests();
    if (now !== last) movedAtMs = performance.now();
    last = now;
  }
  return (movedAtMs - startedAtMs) / 1000;
}

async function besideTcpdump(lab: Lab, workload: Workload): Promise<{ seconds: number; cpuSeconds: number }> {
  const filter = workload.ports.map((port) => `tcp port ${port}`).join(' or ');
  const child: ChildProcess = lab.spawn('online', ['tcpdump', '-i', 'eth0', '-w', '/dev/null', filter], { stdio: ['ignore', 'ignore', 'pipe'] });
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

const serverCpu = ({ pids }: Service): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);

const retransmittedTo = async (lab: Lab): Promise<number> => {
  const text = await lab.mustExec('target', ['nstat', '-asz', 'TcpExtTCPDSACKOfoSent', 'TcpExtTCPDSACKOldSent']);
  return [...text.matchAll(/DSACK\w+Sent\s+(\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
};

type Mirrored = { seconds: number; requests: number; serverCpuSeconds: number; figures: MirroredFigures };

async function mirrored(lab: Lab, workload: Workload, services: Services, variant: Variant): Promise<Mirrored> {
  const agents = await startAgents(lab, variant, workload.ports, workload.onlineArgs);
  try {
    await sleep(500);
    const delays = workload.measuresDelay ? await recordDelays(lab) : null;
    const meters = { online: meter(agents.online), assistant: meter(agents.assistant) };
    const before = { online: await services.online.requests(), target: await services.target.requests(), retransmitted: await retransmittedTo(lab) };
    const cpuBefore = serverCpu(services.online);
    const seconds = await runLoad(lab, workload);
    const serverCpuSeconds = serverCpu(services.online) - cpuBefore;
    const memory = { online: meters.online(), assistant: meters.assistant() };
    const pages = { online: pagesOf(agents.online.child.pid!), assistant: pagesOf(agents.assistant.child.pid!) };
    const requests = (await services.online.requests()) - before.online;
    const catchUpSeconds = await untilStill(services.target, before.target + requests * workload.copies);
    await sleep(1100); // the next --stats line
    const after = { online: meters.online(), assistant: meters.assistant() };
    return {
      seconds,
      requests,
      serverCpuSeconds,
      figures: {
        online: { ...memory.online, cpuSeconds: after.online.cpuSeconds, peakRss: after.online.peakRss },
        assistant: { ...memory.assistant, cpuSeconds: after.assistant.cpuSeconds, peakRss: after.assistant.peakRss },
        pages,
        requestsAtTarget: (await services.target.requests()) - before.target,
        catchUpSeconds,
        ...accountOf(agents),
        retransmitted: (await retransmittedTo(lab)) - before.retransmitted,
        delays: (await delays?.stop()) ?? null,
      },
    };
  } finally {
    await agents.stop();
  }
}

/** Measure one workload against one build of Parallax. */
export async function measure(lab: Lab, workload: Workload, variant: Variant, isQuick: boolean): Promise<Figures> {
  await lab.offload(workload.offload);
  const online = await startService(lab, 'online', workload);
  try {
    const services = { online, target: await startService(lab, 'target', workload) };
    try {
      const alone = isQuick ? Number.NaN : await runLoad(lab, workload);
      const tcpdump = isQuick ? { seconds: Number.NaN, cpuSeconds: Number.NaN } : await besideTcpdump(lab, workload);
      const { seconds, requests, serverCpuSeconds, figures } = await mirrored(lab, workload, services, variant);
      return {
        workload: workload.name,
        variant: variant.name,
        seconds: { alone, tcpdump: tcpdump.seconds, mirrored: seconds },
        requests,
        serverCpuSeconds,
        tcpdumpCpuSeconds: tcpdump.cpuSeconds,
        mirrored: figures,
      };
    } finally {
      await services.target.stop();
    }
  } finally {
    await online.stop();
  }
}
