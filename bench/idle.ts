// What sessions cost that say nothing: memory each, and CPU of agents that have nothing to do.
import { setTimeout as sleep } from 'node:timers/promises';
import { ADDRESS, type Lab, waitUntil } from '@parallax/lab';
import { type Agents, meter, startAgents, type Variant } from './agents.ts';
import { startService } from './services.ts';
import type { Workload } from './workloads.ts';

const PORTS = [6379, 6380];
/** V8 collects once more what starting left, 8 s after it ended: that is no rest. */
const SETTLE_MS = 15_000;
/** The sessions are parked within 15 s, and what that leaves is collected behind it, by V8 once more 8 s later. */
const PARK_MS = 30_000;
const WATCH_MS = 20_000;

export interface IdleFigures {
  variant: string;
  sessions: number;
  /** Share of one core in percent: without a session, and with all of them. */
  cpuPercent: { online: [none: number, all: number]; assistant: [none: number, all: number] };
  /** MiB, of the process tree, before and with all sessions. */
  rss: { online: [none: number, all: number]; assistant: [none: number, all: number] };
}

/** What runs as text on the client's host: connections, each with one request, held until its input ends. */
function holdMain(job: { server: string; port: number; connections: number }): void {
  const net = process.getBuiltinModule('node:net');
  let opened = 0;
  let answered = 0;
  const open = () => {
    if (opened === job.connections) return;
    opened++;
    const socket = net.createConnection({ host: job.server, port: job.port, localAddress: `10.90.0.${10 + (opened % 10)}` }, () => socket.write('PING\r\n'));
    socket.on('error', (error: Error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    });
    socket.once('data', () => {
      if (++answered === job.connections) process.stdout.write('open\n');
      open();
    });
  };
  for (let index = 0; index < 50; index++) open();
  process.stdin.on('end', () => process.exit(0)).resume();
}

const watched = async (agents: Agents): Promise<{ online: { percent: number; rss: number }; assistant: { percent: number; rss: number } }> => {
  const meters = { online: meter(agents.online), assistant: meter(agents.assistant) };
  await sleep(WATCH_MS);
  const figures = (read: ReturnType<typeof meter>) => {
    const { cpuSeconds, rss } = read();
    return { percent: (cpuSeconds / WATCH_MS) * 100_000, rss };
  };
  return { online: figures(meters.online), assistant: figures(meters.assistant) };
};

export async function measureIdle(lab: Lab, variant: Variant, sessions: number): Promise<IdleFigures> {
  const workload = { service: 'redis', ports: PORTS, presetBytes: 0 } as unknown as Workload;
  const services = [await startService(lab, 'online', workload), await startService(lab, 'target', workload)];
  const agents = await startAgents(lab, variant, PORTS, []);
  try {
    await sleep(SETTLE_MS);
    const none = await watched(agents);
    const holders = PORTS.map((port) => {
      const job = { server: ADDRESS.online, port, connections: Math.round(sessions / PORTS.length) };
      return lab.spawn('client', [process.execPath, '-e', `const __name = (value) => value; (${holdMain.toString()})(${JSON.stringify(job)})`], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
    });
    await Promise.all(
      holders.map(async (holder) => {
        let words = '';
        holder.stdout?.on('data', (chunk: Buffer) => {
          words += chunk.toString();
        });
        await waitUntil(() => words.includes('open'), { what: 'all connections are open', timeoutMs: 60_000 });
      }),
    );
    await sleep(PARK_MS);
    const all = await watched(agents);
    for (const holder of holders) {
      const gone = new Promise((resolve) => holder.once('close', resolve));
      holder.stdin?.end();
      await gone;
    }
    const pair = (of: 'online' | 'assistant', what: 'percent' | 'rss'): [number, number] => [none[of][what], all[of][what]];
    return {
      variant: variant.name,
      sessions,
      cpuPercent: { online: pair('online', 'percent'), assistant: pair('assistant', 'percent') },
      rss: { online: pair('online', 'rss'), assistant: pair('assistant', 'rss') },
    };
  } finally {
    await agents.stop();
    for (const service of services) await service.stop();
  }
}
