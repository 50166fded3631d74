// `parallax console`. Only checks its options; what is heavy is loaded when it runs.
import { accessSync, constants, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { DEFAULT_KEPT, Levels } from './comparison/levels.ts';
import type { StartConsole } from './console-options.ts';

const Listen = z.string().transform((text, context) => {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match && port <= 65_535) return { host: (match[1] ?? match[2])!, port };
  context.addIssue({ code: 'custom', message: `--listen "${text}": give HOST:PORT, such as 127.0.0.1:3000 or [::1]:3000, with a port of 0-65535` });
  return z.NEVER;
});

const withoutPassword = (url: string): string => url.replace(/:[^:@/]*@/, ':…@');

const Options = z.object({
  listen: Listen,
  socket: z
    .string()
    .min(1, '--socket: give a path')
    .refine((path) => Buffer.byteLength(resolve(path)) <= 107, {
      error: ({ input }) => `--socket "${input}": the path is longer than the 107 bytes a unix socket can have; choose a shorter one`,
    })
    .optional(),
  data: z.string().min(1, '--data: give a directory'),
  databaseUrl: z
    .string()
    .regex(/^(file:.+|postgres(ql)?:\/\/.+)$/, {
      error: ({ input }) => `--database-url "${withoutPassword(String(input))}": give file:PATH or postgresql://USER:PASSWORD@HOST/DATABASE`,
    })
    .optional(),
  lease: z.string().transform((text, context) => {
    const seconds = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (seconds >= 4 && seconds <= 3600) return seconds;
    const why = seconds < 4 ? ', or a hiccup of the network would stop every copy' : seconds > 3600 ? ', or copies would go on for long without a console' : '';
    context.addIssue({ code: 'custom', message: `--lease "${text}": give whole seconds from 4 to 3600${why}` });
    return z.NEVER;
  }),
  keep: Levels,
});

const examples = `
Examples:
  parallax console                                        on http://127.0.0.1:3000, data in ./.parallax
  parallax console --listen 0.0.0.0:3000 --data /var/lib/parallax
  parallax console --database-url postgresql://parallax:secret@db.example/parallax
  parallax console --socket /run/parallax.sock            also for agents in other network namespaces: ws+unix:/run/parallax.sock:/ws/agent

Prints "ready URL" when it answers, and before that a "setup code" while it has no user.
Exit codes: 0 stopped by a signal, 1 cannot run, 2 wrong usage.`;

/** `mkdir -p`. Node's own `recursive` never returns where a file system such as /proc answers ENOENT to every mkdir. */
function makeDir(path: string): void {
  if (existsSync(path)) return;
  makeDir(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** A directory that can be written to, made if need be. */
function dataDir(path: string): string {
  try {
    makeDir(resolve(path));
    accessSync(path, constants.W_OK | constants.X_OK);
    return realpathSync(path);
  } catch (cause) {
    throw new Error(
      `cannot use the data directory ${resolve(path)}: ${(cause as Error).message.replace(/, \w+ '.*$/, '')}; make it writable or choose another with --data`,
      { cause },
    );
  }
}

async function run(options: z.output<typeof Options>, version: string): Promise<void> {
  process.umask(0o077); // the database holds the keys of relays
  const dir = options.databaseUrl === undefined ? dataDir(options.data) : null;
  console.log = console.info = console.error; // standard output is for the lines below, whatever libraries print
  Object.assign(process.env, { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' });
  const server: { startConsole: StartConsole } = await import(new URL('./console.mjs', import.meta.url).href);
  const running = await server.startConsole({
    ...options.listen,
    socketPath: options.socket === undefined ? null : resolve(options.socket),
    databaseUrl: options.databaseUrl ?? `file:${join(dir!, 'parallax.db')}`,
    leaseMs: options.lease * 1000,
    levels: options.keep,
    version,
    appDir: resolve(import.meta.dirname, '../apps/console'),
  });
  let isClosing = false;
  const stop = () => {
    if (isClosing) process.exit(1); // asked twice: at once
    isClosing = true;
    running.close().then(
      () => process.exit(0),
      (error) => fail(error),
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  if (running.setupCode !== null) process.stdout.write(`setup code: ${running.setupCode}\n`);
  process.stdout.write(`ready ${running.url}\n`);
}

function fail(error: unknown): never {
  process.stderr.write(`parallax console: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

export function consoleCommand(version = '0.1.0'): Command {
  return new Command('console')
    .description('serve the web console that agents connect to')
    .option('--listen <host:port>', 'where browsers and agents connect', '127.0.0.1:3000')
    .option('--socket <path>', 'also serve on a unix socket (mode 0600), for agents in other network namespaces')
    .option('--data <dir>', 'where parallax.db is kept', './.parallax')
    .option('--database-url <url>', 'file:PATH or postgresql://... (environment: DATABASE_URL)')
    .option('--lease <seconds>', 'how long online agents go on copying without hearing from the console', '60')
    .option('--keep <list>', `how long latencies are kept in each step: ${DEFAULT_KEPT}; what is left out keeps its default (environment: PARALLAX_KEEP)`)
    .addHelpText('after', examples)
    .showHelpAfterError('(see parallax console --help)')
    .action(async (given: Record<string, string>) => {
      const parsed = Options.safeParse({
        ...given,
        databaseUrl: given.databaseUrl ?? process.env.DATABASE_URL,
        keep: given.keep ?? process.env.PARALLAX_KEEP ?? '',
      });
      if (!parsed.success) {
        for (const issue of parsed.error.issues) process.stderr.write(`parallax console: ${issue.message}\n`);
        process.stderr.write('(see parallax console --help)\n');
        process.exit(2);
      }
      await run(parsed.data, version).catch(fail);
    })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
}
