// The console while it is worked on: pages are compiled as they are asked for. Run with `npm run dev -w @parallax/console`.
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { Levels } from './comparison/levels.ts';
import { startConsole } from './server.ts';

const dataDir = resolve(import.meta.dirname, '../../.parallax');
mkdirSync(dataDir, { recursive: true });
const running = await startConsole({
  host: '127.0.0.1',
  port: Number(process.env.PORT ?? 3000),
  socketPath: null,
  databaseUrl: process.env.DATABASE_URL ?? `file:${dataDir}/parallax.db`,
  leaseMs: 60_000,
  levels: Levels.parse(process.env.PARALLAX_KEEP ?? ''),
  version: 'development',
  appDir: import.meta.dirname,
  isDev: true,
});
if (running.setupCode !== null) console.log(`setup code: ${running.setupCode}`);
console.log(`ready ${running.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void running.close().then(() => process.exit(0)));
