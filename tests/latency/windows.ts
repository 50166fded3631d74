// Real traffic through agents and a console, and what the verdict says of windows of it: how often two equal servers are called different, and how
// often a slower one is found.
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ADDRESS, type Host, joinAgent, type Lab, type Running, type RunningConsole, startConsole, waitUntil } from '@parallax/lab';
import type { VerdictView } from '@parallax/protocol';
import { PROGRAM } from '../scenario/support.ts';

const FIRST_PORT = 8001;
/** The work of a request is lognormal around this, and the same on both servers. */
const WORK_US = 2000;
const SPREAD_PERCENT = 50;
const CONNECTIONS = 8;
/** The verdict wants 20 spans of 1 s. */
const WINDOW_SECONDS = 22;
/** The last second is stored by then. */
const STORED_AFTER_MS = 4000;

export interface Plan {
  /** Mappings whose two servers do the same, and those whose target takes `slower` times longer. */
  equal: number;
  slowed: number;
  slower: number;
  /** Of each mapping, one behind the other. */
  windows: number;
  ratePerSecond: number;
}

/** Of one mapping over the whole run, target minus online, µs: what the servers logged of themselves, and what all windows say together. */
export interface Checked {
  port: number;
  loggedUs: number;
  saidUs: number;
}

export interface Judged {
  isSlowed: boolean;
  port: number;
  window: number;
  verdict: VerdictView;
}

/** Ends it; resolves with the mean of the times that it logged from its kernel's receipt of a request to the answer, µs. */
type Server = { stop(): Promise<number> };

/** Every port is a server process of its own, on both hosts, so that they do not share their luck. */
async function startServers(lab: Lab, host: Host, ports: readonly number[], workUsOf: (port: number) => number): Promise<Server[]> {
  return Promise.all(
    ports.map(async (port) => {
      const child: ChildProcess = lab.spawn(host, [join(lab.dir, 'timed-server'), `${port}:${workUsOf(port)}:0:${SPREAD_PERCENT}`]);
      const chunks: Buffer[] = [];
      child.stdout!.on('data', (chunk: Buffer) => chunks.push(chunk));
      const gone = new Promise((resolve) => child.once('close', resolve));
      let words = '';
      child.stderr!.on('data', (chunk: Buffer) => {
        words += chunk.toString();
      });
      await waitUntil(() => words.includes('listening'), { what: `the timed server of port ${port} on ${host} listens` });
      return {
        stop: async () => {
          child.kill('SIGTERM');
          await gone;
          const servedUs = Buffer.concat(chunks)
            .toString()
            .split('\n')
            .filter(Boolean)
            .map((line) => Number(line.split(' ')[2]) / 1000);
          return servedUs.reduce((sum, us) => sum + us, 0) / servedUs.length;
        },
      };
    }),
  );
}

/** All windows of the plan, judged by the console over HTTP. */
export async function judgeWindows(
  lab: Lab,
  consolePort: number,
  { equal, slowed, slower, windows, ratePerSecond }: Plan,
): Promise<{ judged: Judged[]; checked: Checked[] }> {
  const ports = Array.from({ length: equal + slowed }, (_, index) => FIRST_PORT + index);
  const isSlowed = (port: number) => port >= FIRST_PORT + equal;
  const running: Running[] = [];
  const servers = {
    online: await startServers(lab, 'online', ports, () => WORK_US),
    target: await startServers(lab, 'target', ports, (port) => Math.round(WORK_US * (isSlowed(port) ? slower : 1))),
  };
  try {
    const console_: RunningConsole = await startConsole(lab, PROGRAM, consolePort, { name: 'operator', password: 'correct horse battery' });
    running.push(console_);
    const assistant = await joinAgent(lab, PROGRAM, console_, 'assistant');
    running.unshift(assistant);
    const online = await joinAgent(lab, PROGRAM, console_, 'online');
    running.unshift(online);
    const ids = new Map<number, string>();
    for (const port of ports) {
      const mapping = await console_.client.addMapping({
        name: `port ${port}`,
        onlineAgentId: online.id,
        assistantAgentId: assistant.id,
        listen: { address: null, port },
        target: { address: ADDRESS.target, port },
        multiplier: 1,
        pacing: 'response',
        adapter: 'http1',
      });
      ids.set(port, mapping.id);
      await console_.client.start(mapping.id);
    }
    const isRunning = async (id: string) => (await console_.client.mapping(id)).status?.state === 'running';
    for (const id of ids.values()) await waitUntil(() => isRunning(id), { what: 'the mapping runs', timeoutMs: 10_000 });
    const seconds = windows * WINDOW_SECONDS;
    const requests = ratePerSecond * (seconds + 4);
    const clients = ports.map((port) => {
      const job = [ADDRESS.online, port, ratePerSecond, CONNECTIONS, requests, 'random'].map(String);
      return lab.mustExec('client', [join(lab.dir, 'paced-client'), ...job], { timeoutMs: (seconds + 60) * 1000 });
    });
    const fromMs = Math.ceil(Date.now() / 1000) * 1000 + 2000;
    await Promise.all(clients);
    await new Promise((resolve) => setTimeout(resolve, STORED_AFTER_MS));
    const judged: Judged[] = [];
    for (const port of ports) {
      for (let window = 0; window < windows; window++) {
        const beginMs = fromMs + window * WINDOW_SECONDS * 1000;
        const verdict = await console_.client.verdict(ids.get(port)!, beginMs, beginMs + WINDOW_SECONDS * 1000);
        judged.push({ isSlowed: isSlowed(port), port, window, verdict });
      }
    }
    const [online_, target] = [await Promise.all(servers.online.map((each) => each.stop())), await Promise.all(servers.target.map((each) => each.stop()))];
    const checked = ports.map((port, index) => {
      const deltas = judged
        .filter((each) => each.port === port)
        .map(({ verdict }) => verdict.lines.find(({ percent }) => percent === null)?.deltaUs ?? Number.NaN);
      return { port, loggedUs: target[index]! - online_[index]!, saidUs: deltas.reduce((sum, us) => sum + us, 0) / deltas.length };
    });
    return { judged, checked };
  } finally {
    for (const each of running) await each.stop();
  }
}

export const nameOf = (percent: number | null): string => (percent === null ? 'mean' : `p${percent}`);

/** What the verdict found in a window, such as `p90 slower`; of what there was not enough data for, it says nothing. */
export const findingsOf = ({ verdict }: Judged): string[] =>
  verdict.lines.filter(({ outcome }) => outcome === 'slower' || outcome === 'faster').map(({ percent, outcome }) => `${nameOf(percent)} ${outcome}`);
