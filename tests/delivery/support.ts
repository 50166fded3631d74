// What the delivery tests share: counts of both servers, and a watch on what reaches the clients.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ADDRESS, ADDRESS6, type Lab, MAC, type Redis, type Running, redisCalls, waitUntil } from '@parallax/lab';
import { droppedBy, lastStats } from '../scenario/support.ts';
import { startTcpdump } from '../scenario/tcpdump.ts';

/** Commands executed since the server began, but for the questions asked by tests. */
async function executedBy(redis: Redis): Promise<number> {
  const { info: _, ...calls } = redisCalls(await redis.info('commandstats'));
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}

/** Commands executed while `body` ran, and until the target has as many (times `copies`) or 30 s are over. */
export async function countCommands(online: Redis, target: Redis, body: () => Promise<unknown>, copies = 1): Promise<{ online: number; target: number }> {
  const before = [await executedBy(online), await executedBy(target)];
  await body();
  const grown = async () => ({ online: (await executedBy(online)) - before[0]!, target: (await executedBy(target)) - before[1]! });
  await waitUntil(
    async () => {
      const now = await grown();
      return now.target >= now.online * copies;
    },
    { what: 'the target has executed as much', timeoutMs: 30_000, pollMs: 100 },
  ).catch(() => {});
  return grown();
}

/** How long until the server executes something new. */
export async function msUntilItExecutes(redis: Redis): Promise<number> {
  const startedAtMs = performance.now();
  const before = await executedBy(redis);
  await waitUntil(async () => (await executedBy(redis)) > before, { what: 'the target executes again', timeoutMs: 20_000 });
  return performance.now() - startedAtMs;
}

/** What the agent itself says became of everything. */
export const accountOf = (agent: Running): string => `${droppedBy(agent)} packets lost by the capture; ${JSON.stringify(lastStats(agent)?.ledger)}`;

export type HttpLoad = {
  path?: string;
  requests: number;
  connections: number;
  keepsAlive?: boolean;
  /** Sent with POST; 0 (default): GET. */
  bodyBytes?: number;
  answerBytes: number;
  host?: string;
};
export type HttpFigures = { answered: number; failed: number; surplusBytes: number };

/** HTTP requests from the client to the online server's port 80; each must be answered by exactly so many bytes. */
export async function httpLoad(lab: Lab, load: HttpLoad): Promise<HttpFigures> {
  const job = { host: ADDRESS.online, port: 80, path: '/', keepsAlive: true, bodyBytes: 0, ...load };
  const program = fileURLToPath(new URL('./http-client.mjs', import.meta.url));
  return JSON.parse(await lab.mustExec('client', [process.execPath, program, JSON.stringify(job)], { timeoutMs: 90_000 })) as HttpFigures;
}

/** Packets that no client may ever get: anything from the target, and any ICMP error. What a bridge floods to every port is addressed to another. */
const FORBIDDEN = `ether dst ${MAC.client} and (ip src ${ADDRESS.target} or (ip6 src ${ADDRESS6.target} and not icmp6) or icmp or (icmp6 and ip6[40] < 128))`;

/** Watch the client's interface; `end` resolves with what tcpdump says of each forbidden packet. */
export async function watchClient(lab: Lab): Promise<{ end(): Promise<string[]> }> {
  const recorder = await startTcpdump(lab, 'client', FORBIDDEN, ['-p', '--immediate-mode']);
  return {
    end: async () =>
      execFileSync('tcpdump', ['-nr', '-'], { input: await recorder.end(), stdio: ['pipe', 'pipe', 'ignore'] })
        .toString()
        .split('\n')
        .filter(Boolean),
  };
}
