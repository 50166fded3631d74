// The servers under load: the same service on the online host and on the target, counted at the servers themselves.
import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { type Host, type Lab, type Redis, redisCalls, startRedis, waitUntil } from '@parallax/lab';
import type { Workload } from './workloads.ts';

export interface Service {
  readonly pids: readonly number[];
  /** Executed so far. */
  requests(): Promise<number>;
  stop(): Promise<void>;
}

/** Start what a workload needs on one host. */
export const startService = (lab: Lab, host: Host, workload: Workload): Promise<Service> =>
  workload.service === 'http' ? startNginx(lab, host, workload.ports) : startRedisServers(lab, host, workload);

async function startRedisServers(lab: Lab, host: Host, { ports, presetBytes }: Workload): Promise<Service> {
  const servers: Redis[] = [];
  for (const port of ports) servers.push(await startRedis(lab, host, { port, args: ['--maxclients', '12000', '--tcp-backlog', '4096'] }));
  if (presetBytes > 0) for (const redis of servers) await redis.command('SET', 'key:__rand_int__', 'v'.repeat(presetBytes));
  return {
    pids: servers.map(({ process }) => process.pid!),
    requests: async () => {
      let sum = 0;
      for (const redis of servers) {
        const { get = 0, set = 0, ping = 0 } = redisCalls(await redis.info('commandstats'));
        sum += get + set + ping;
      }
      return sum;
    },
    stop: async () => {
      for (const redis of servers) await redis.stop();
    },
  };
}

const nginxConf = (dir: string, ports: readonly number[]): string => `
daemon off; worker_processes 1; pid ${dir}/nginx.pid; error_log stderr warn;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s; default_type text/plain;
  client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  server { ${ports.map((port) => `listen ${port};`).join(' ')} location / { return 200 "${'x'.repeat(100)}\\n"; } }
  server { listen unix:${dir}/status.sock; location / { stub_status; } }
}
`;

async function startNginx(lab: Lab, host: Host, ports: readonly number[]): Promise<Service> {
  for (const [tool, name] of [
    ['nginx', 'nginx-light'],
    ['ab', 'apache2-utils'],
  ] as const) {
    try {
      execFileSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${tool}`]);
    } catch {
      throw new Error(`the workload "http" needs ${tool}, which is not installed; apt-get install ${name}, or leave the workload out with --only`);
    }
  }
  const dir = join(lab.dir, `nginx-${host}`);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'nginx.conf'), nginxConf(dir, ports));
  const child: ChildProcess = lab.spawn(host, ['nginx', '-p', dir, '-c', join(dir, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words += chunk.toString();
  });
  const socketPath = join(dir, 'status.sock');
  let asked = 0;
  const requests = async (): Promise<number> => {
    const text = await getText(socketPath);
    asked++;
    const total = Number(/(\d+) (\d+) (\d+)/.exec(text)?.[3]); // accepts, handled, requests: this question included
    return total - asked;
  };
  const isThere = () =>
    getText(socketPath).then(
      () => true,
      () => false,
    );
  await waitUntil(
    async () => {
      if (child.exitCode !== null) throw new Error(`nginx on ${host} ended: ${words.trim()}`);
      if (!(await isThere())) return false;
      asked++;
      return true;
    },
    { what: `nginx on ${host} answers` },
  );
  return {
    pids: [child.pid!],
    requests,
    stop: async () => {
      const gone = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const getText = (socketPath: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asking = request({ socketPath, path: '/' }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve(text));
    });
    asking.on('error', reject);
    asking.end();
  });
