import { existsSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type ListenOptions } from 'node:net';

function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Returns the address a browser can be given. */
export async function listenOn(server: Server, host: string, port: number): Promise<string> {
  try {
    await listen(server, { host, port });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const remedies: Record<string, string> = {
      EADDRINUSE: 'another program listens there; end it or choose another port with --listen',
      EACCES: 'this port needs more rights; choose one above 1023 with --listen',
      EADDRNOTAVAIL: 'this host has no such address; choose one it has with --listen',
    };
    throw new Error(`cannot listen on ${host}:${port}: ${remedies[code ?? ''] ?? (cause as Error).message}`, { cause });
  }
  const address = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

const isAnswered = (path: string) =>
  new Promise<boolean>((resolve) => {
    const probe = connect(path, () => resolve(true)).on('error', () => resolve(false));
    probe.on('close', () => probe.destroy());
    setTimeout(() => probe.destroy(), 1_000).unref();
  });

/** A socket only its owner may open. One left behind by a console that is gone is replaced. */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (existsSync(path)) {
    if (await isAnswered(path)) throw new Error(`cannot listen on ${path}: another program listens there; end it or choose another path with --socket`);
    unlinkSync(path);
  }
  const umask = process.umask(0o177); // 0600 from its first moment
  try {
    await listen(server, { path });
  } catch (cause) {
    throw new Error(`cannot listen on ${path}: ${(cause as Error).message}; choose another path with --socket`, { cause });
  } finally {
    process.umask(umask);
  }
}
