// One process, one port: Next.js pages, /ws/agent and /ws/live.
import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import next from 'next';
import { pino } from 'pino';
import { Accounts } from './account/accounts.ts';
import type { ConsoleOptions, RunningConsole } from './console-options.ts';
import { AgentGateway } from './hub/agent-gateway.ts';
import { Control } from './hub/control.ts';
import { Hub } from './hub/hub.ts';
import { LiveGateway } from './hub/live-gateway.ts';
import { refuseUpgrade } from './hub/refuse-upgrade.ts';
import { setContext } from './lib/context.ts';
import { listenOn, listenOnSocket } from './lib/listen.ts';
import { describeDatabase, openStore } from './store/open.ts';

/** Starts everything; returns when it answers. */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const log = pino({ level: process.env.LOG_LEVEL ?? 'info' }, pino.destination({ fd: 2, sync: true }));
  const store = await openStore(options.databaseUrl);
  const hub = await Hub.open({ store, leaseMs: options.leaseMs, log, levels: options.levels });
  const accounts = new Accounts(store);
  const live = new LiveGateway({ hub, log, isLoggedIn: async (token) => (await accounts.userOf(token)) !== null });
  const agents = new AgentGateway({ hub, log });
  setContext({ store, hub, control: new Control(hub), accounts, live, version: options.version, database: describeDatabase(options.databaseUrl) });

  // Next hangs its own `upgrade` listener on the server it is given and ends sockets of paths it does not know,
  // so it gets a stand-in, and only what belongs to its development mode is passed on.
  const nextSide = new EventEmitter();
  const isDev = options.isDev ?? false;
  const app = next({ dev: isDev, dir: resolve(options.appDir), hostname: options.host, port: options.port, httpServer: nextSide as never });
  const handle = app.getRequestHandler();
  await app.prepare();

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', (error) => log.debug({ err: error }, 'connection failed')); // people close laptops
    const path = (request.url ?? '/').split('?')[0];
    const gateway = path === '/ws/agent' ? agents : path === '/ws/live' ? live : null;
    if (gateway) {
      gateway.upgrade(request, socket, head).catch((error) => {
        log.error({ err: error }, 'upgrade failed');
        refuseUpgrade(socket, 500, 'the console cannot answer now');
      });
    } else if (isDev && path?.startsWith('/_next/')) nextSide.emit('upgrade', request, socket, head);
    else refuseUpgrade(socket, 404, 'there is no WebSocket here: agents use /ws/agent');
  };
  const serve = (): Server => {
    const server = createServer((request, response) => {
      request.headers['x-parallax-peer'] = request.socket.remoteAddress ?? 'unix'; // replaces whatever the client claimed
      void handle(request, response);
    });
    return server.on('upgrade', upgrade);
  };

  const servers: Server[] = [];
  const close = async () => {
    live.close();
    agents.close();
    await Promise.all(
      servers.map((server) => {
        const closed = new Promise((done) => server.close(done));
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 1_000).unref();
        return Promise.race([closed, new Promise((done) => setTimeout(done, 2_000).unref())]);
      }),
    );
    await app.close().catch((error: unknown) => log.warn({ err: error }, 'pages did not close cleanly'));
    await hub.close();
    await store.close();
    setContext(undefined);
  };

  try {
    servers.push(serve());
    const url = await listenOn(servers[0]!, options.host, options.port);
    if (options.socketPath !== null) {
      servers.push(serve());
      await listenOnSocket(servers[1]!, options.socketPath);
    }
    log.info({ url, socket: options.socketPath ?? undefined, version: options.version }, 'console ready');
    return { url, setupCode: await accounts.setupCode(), close };
  } catch (error) {
    await close();
    throw error;
  }
}
