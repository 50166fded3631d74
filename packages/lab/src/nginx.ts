// Real nginx servers on the lab's hosts, with one line in a log for each request: what the tests compare between online and target.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './lab.ts';
import { type Host, LabError } from './names.ts';
import { requireTool } from './tools.ts';
import { waitUntil } from './wait.ts';

export type NginxOptions = {
  /** TCP port on every IPv4 and IPv6 address of the host. Default 80. */
  port?: number;
  /** Requests after which a connection is closed. Default 1,000,000. */
  keepaliveRequests?: number;
  /** Files that GET finds, by name. */
  files?: Readonly<Record<string, string | Uint8Array>>;
};
/** One request as the server logged it when it was over. `peer` is "10.90.0.10:40112"; `bodyBytes` are those of the answer. */
export type NginxRequest = { peer: string; method: string; uri: string; status: number; requestBytes: number; bodyBytes: number };
export type Nginx = {
  host: Host;
  port: number;
  /** Every request since the start, in the order in which they ended. */
  requests(): NginxRequest[];
  /** How many they are, without reading them. */
  count(): number;
  /** End the server and wait until it ended. `lab.down()` does it too. */
  stop(): Promise<void>;
};

/** One worker; every POST is read whole and answered "ok", GET finds the files. Nothing outside `dir` is written. */
export function nginxConfig(dir: string, { port = 80, keepaliveRequests = 1_000_000 }: NginxOptions): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `  ${name}_temp_path ${dir}/temporary;`);
  return `daemon off;
user root;
pid ${dir}/nginx.pid;
worker_processes 1;
worker_rlimit_nofile 20000;
error_log ${dir}/error.log;
events { worker_connections 16384; }
http {
  log_format request '$remote_addr|$remote_port|$request_method|$uri|$status|$request_length|$body_bytes_sent';
  access_log ${dir}/access.log request;
  keepalive_requests ${keepaliveRequests};
  keepalive_timeout 75s;
  client_max_body_size 64m;
${temporary.join('\n')}
  server {
    listen 0.0.0.0:${port} backlog=16384;
    listen [::]:${port} backlog=16384;
    root ${dir}/www;
    location = /post { return 200 "ok\\n"; }
  }
}
`;
}

/** The lines of the access log; a line that is not whole yet is left out. */
export function parseAccessLog(text: string): NginxRequest[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [address = '', port = '', method = '', uri = '', ...numbers] = line.split('|');
      const [status = 0, requestBytes = 0, bodyBytes = 0] = numbers.map(Number);
      return { peer: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`, method, uri, status, requestBytes, bodyBytes };
    });
}

/** Start nginx on a host. Resolves when it listens (10 s at most). */
export async function startNginx(lab: Lab, host: Host, options: NginxOptions = {}): Promise<Nginx> {
  requireTool('nginx');
  const { port = 80, files = { 'index.html': 'hello\n' } } = options;
  const dir = join(lab.dir, `nginx-${host}-${port}`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(dir, 'www'), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, 'www', name), content);
  writeFileSync(join(dir, 'nginx.conf'), nginxConfig(dir, options));
  const server = lab.spawn(host, ['nginx', '-p', dir, '-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log')]);
  let lastWords = '';
  let hasEnded = false;
  for (const stream of [server.stdout, server.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString()).slice(-2_000);
    });
  }
  const ended = new Promise<void>((resolve) => {
    server.once('error', () => resolve());
    server.once('close', () => resolve());
  }).then(() => {
    hasEnded = true;
  });
  const pidFile = join(dir, 'nginx.pid');
  // The pid is written after the sockets listen.
  await waitUntil(() => hasEnded || (existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== ''), { what: `nginx on ${host}:${port} listens` });
  if (hasEnded) throw new LabError(`nginx did not start on ${host}:${port}; its last words: ${lastWords.trim() || 'none'}`);
  const log = () => readFileSync(join(dir, 'access.log'));
  return {
    host,
    port,
    requests: () => parseAccessLog(log().toString()),
    count: () => log().reduce((sum, byte) => (byte === 0x0a ? sum + 1 : sum), 0),
    stop: async () => {
      server.kill('SIGTERM');
      await ended;
    },
  };
}
