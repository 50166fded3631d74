// PostgreSQL on the lab's hosts, with every statement in its log.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, type Lab, waitUntil } from '@parallax/lab';

const BASE = '/usr/lib/postgresql';

/** Where Debian's package has the newest version's programs. */
export function postgresPrograms(): string {
  const version = existsSync(BASE) ? readdirSync(BASE).sort((a, b) => Number(b) - Number(a))[0] : undefined;
  if (version === undefined) throw new Error('PostgreSQL is missing: install it with apt-get install postgresql');
  return join(BASE, version, 'bin');
}

export interface Postgres {
  /** Executed by clients over TCP since the start, by the statement's first word; and how many sessions began, as `startup`. */
  executed(): Record<string, number>;
  /** Connections over TCP since the start, whatever became of them. */
  connections(): number;
  stop(): Promise<void>;
}

/** A new, empty cluster for everybody in the lab, who is asked for what `method` says (pg_hba.conf); `sql` is run on it first, over its unix socket. */
export async function startPostgres(lab: Lab, host: Host, sql: string, method = 'trust'): Promise<Postgres> {
  const dir = mkdtempSync(join(tmpdir(), 'parallax-pg-')); // the lab's own folder is closed to the user postgres
  chmodSync(dir, 0o777);
  const data = join(dir, 'data');
  const asPostgres = (program: string, ...args: string[]) => ['runuser', '-u', 'postgres', '--', join(postgresPrograms(), program), ...args];
  const run = ([file, ...args]: string[]) => execFileSync(file!, args, { stdio: 'pipe', cwd: dir });
  run(asPostgres('initdb', '-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync'));
  const settings = ['listen_addresses=*', 'fsync=off', 'log_statement=all', 'log_connections=on', 'log_line_prefix=%r|'];
  const child = lab.spawn(host, asPostgres('postgres', '-D', data, '-k', dir, ...settings.flatMap((each) => ['-c', each])), {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: dir,
  });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await waitUntil(() => log.includes('ready to accept connections'), { what: `PostgreSQL on ${host} is ready`, timeoutMs: 20_000 });
  // Everybody may come: initdb lets in only the host itself.
  run(['sh', '-c', `echo 'host all all all ${method}' >> ${data}/pg_hba.conf`]);
  run(asPostgres('psql', '-h', dir, '-U', 'postgres', '-qc', `SELECT pg_reload_conf(); ${sql}`));
  return {
    executed: () => {
      const counts: Record<string, number> = {};
      for (const line of log.split('\n')) {
        if (line.startsWith('[local]')) continue;
        const verb =
          /LOG:\s+(?:statement|execute [^:]*): (\w+)/.exec(line)?.[1]?.toUpperCase() ?? (line.includes('connection authorized') ? 'startup' : undefined);
        if (verb !== undefined) counts[verb] = (counts[verb] ?? 0) + 1;
      }
      return counts;
    },
    connections: () => log.split('\n').filter((line) => !line.startsWith('[local]') && line.includes('connection received')).length,
    stop: async () => {
      const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
      process.kill(pid, 'SIGQUIT');
      await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
