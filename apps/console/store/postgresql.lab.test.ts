// The same contract on a real PostgreSQL, started here for the purpose.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openStore } from './open.ts';
import { describeStore } from './store-contract.ts';

function binDir(): string {
  const base = '/usr/lib/postgresql';
  const version = existsSync(base) ? readdirSync(base).sort((a, b) => Number(b) - Number(a))[0] : undefined;
  if (version === undefined) throw new Error('PostgreSQL is missing: install it with apt-get install postgresql');
  return join(base, version, 'bin');
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

describeStore('PostgreSQL', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'parallax-pg-'));
  chmodSync(dir, 0o777);
  const port = await freePort();
  const data = join(dir, 'data');
  const asPostgres = (program: string, ...args: string[]) =>
    execFileSync('runuser', ['-u', 'postgres', '--', join(binDir(), program), ...args], { stdio: 'pipe', cwd: dir });
  asPostgres('initdb', '-D', data, '-A', 'trust', '-U', 'postgres');
  asPostgres('pg_ctl', '-D', data, '-o', `-p ${port} -c listen_addresses=127.0.0.1 -k ${dir}`, '-l', join(dir, 'log'), '-w', 'start');
  const stop = () => {
    asPostgres('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop');
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
    await (await openStore(url)).close(); // the second time finds its migrations applied
    const store = await openStore(url);
    await expect(openStore(url)).rejects.toThrow('another console uses it');
    const close = store.close.bind(store);
    store.close = () => close().finally(stop);
    return store;
  } catch (error) {
    stop();
    throw error;
  }
});
