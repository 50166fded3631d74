// Options that both agents have, and what follows from them.
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { defaultInterface, interfaceNames } from './interfaces.ts';
import { type Logger, openLog } from './log.ts';
import { detach, fail, isDetached, USAGE, writePidFile } from './process-life.ts';
import { readKeyFile, SHARED_IDENTITY } from './relay/key.ts';

export interface CommonOptions {
  interface?: string;
  io: 'ring' | 'pcap' | 'auto';
  rx: 'v2' | 'v3' | 'recvmmsg' | 'auto';
  keyFile?: string;
  /** Commander's negation of --auth: false after --no-auth. */
  auth: boolean;
  console?: string;
  tokenFile?: string;
  detach?: boolean;
  pidFile?: string;
  log?: string;
}

/** Add them to a command. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('-i, --interface <name>', 'interface to capture on (default: the one that leads there)')
    .addOption(
      new Option('--io <backend>', 'packet backend: ring (AF_PACKET), pcap (libpcap and raw sockets), auto').choices(['ring', 'pcap', 'auto']).default('auto'),
    )
    .addOption(
      new Option(
        '--rx <way>',
        'how the ring receives: v2 (frame by frame), v3 (in blocks: less CPU, 1 ms later), recvmmsg (no ring), auto (v2, or recvmmsg where no ring can be had)',
      )
        .choices(['v2', 'v3', 'recvmmsg', 'auto'])
        .default('auto'),
    )
    .option('--key-file <file>', 'file with the key that both agents share: head -c 32 /dev/urandom | base64 > FILE')
    .option('--no-auth', 'no authentication and no encryption between the agents; for a lab only')
    .addOption(
      new Option('--console <url>', 'take orders from a console: ws://HOST:3000/ws/agent, wss://…, or ws+unix:/SOCKET:/ws/agent')
        .argParser(parseConsoleUrl)
        .env('PARALLAX_CONSOLE'),
    )
    .addOption(
      new Option('--token-file <file>', 'file with the token that the console showed (or the token itself in PARALLAX_TOKEN)').env('PARALLAX_TOKEN_FILE'),
    )
    .option('-d, --detach', 'run in the background once ready')
    .option('-P, --pid-file <file>', 'write the process id to FILE')
    .option('-l, --log <file>', 'append the log (JSON lines) to FILE instead of stderr');
}

/** `--rx` and `--tx` choose between ways of the ring: with `--io pcap` there is no such choice. Ends the process with a sentence. */
export function refuseWaysOfTheRing(command: Command): void {
  const { io, ...ways } = command.opts<{ io: string; rx: string; tx?: string }>();
  if (io !== 'pcap') return;
  for (const name of ['rx', 'tx'] as const) {
    const way = ways[name];
    if (way === undefined || way === 'auto') continue;
    command.error(`error: --${name} ${way} is a way of the ring, and --io pcap has none; leave it out, or give --io ring`, { exitCode: USAGE });
  }
}

/** Detach if asked (then this process ends once the other is ready), write the pid file, open the log. Throws sentences. */
export function beginProcess(name: string, options: CommonOptions): Logger | null {
  if (options.detach === true && !isDetached()) {
    detach(name, options.log ?? null);
    return null;
  }
  const log = openLog(name, options.log ?? null);
  if (options.pidFile !== undefined) writePidFile(options.pidFile);
  process.on('uncaughtException', (error) => {
    log.fatal(error);
    fail(name, `stopped by a fault of its own: ${error.message}`);
  });
  return log;
}

/** The relay credential of a stand-alone agent; null with --no-auth. Throws a sentence. */
export function standAloneCredential(options: CommonOptions, log: Logger): { identity: string; key: string } | null {
  if (!options.auth) {
    log.warn('--no-auth: anyone who reaches the relay can read answer headers or inject false ones; use it in a lab only');
    return null;
  }
  if (options.keyFile === undefined)
    throw new Error('a key is needed to trust the other agent: give --key-file FILE with the same content on both (or --no-auth in a lab)');
  return { identity: SHARED_IDENTITY, key: readKeyFile(options.keyFile).toString('base64') };
}

/** The token of a managed agent. Throws a sentence. */
export function readToken(options: CommonOptions): string {
  const fromEnvironment = process.env.PARALLAX_TOKEN?.trim();
  if (options.tokenFile === undefined) {
    if (fromEnvironment) return fromEnvironment;
    throw new Error('a token is needed with --console: add the agent in the console, then give --token-file FILE or PARALLAX_TOKEN');
  }
  let token: string;
  try {
    token = readFileSync(options.tokenFile, 'utf8').trim();
  } catch (cause) {
    throw new Error(`cannot read the token file ${options.tokenFile} (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
  if (token === '') throw new Error(`the token file ${options.tokenFile} is empty; put the token there that the console showed`);
  return token;
}

/** The interface asked for, or the first of `guesses` that there is, or the default route's. Throws a sentence that lists those that exist. */
export function chooseInterface(asked: string | undefined, ...guesses: (string | null)[]): string {
  const names = interfaceNames();
  if (asked !== undefined) {
    if (names.includes(asked)) return asked;
    throw new Error(`there is no interface "${asked}"; this host has ${names.join(', ')}`);
  }
  const found = [...guesses, defaultInterface()].find((name) => name !== null);
  if (found === undefined || found === null) throw new Error(`cannot tell which interface to capture on; choose one with -i: ${names.join(', ')}`);
  return found;
}

/** The URL at which a console takes agents; a bare one gets its path. */
export function parseConsoleUrl(url: string): string {
  if (/^ws\+unix:/.test(url)) return url;
  try {
    const parsed = new URL(url);
    if (parsed.protocol === 'ws:' || parsed.protocol === 'wss:') return parsed.pathname === '/' ? new URL('/ws/agent', parsed).href : url;
  } catch {
    // the sentence below says it
  }
  throw new InvalidArgumentError(`"${url}" is not a console's address; write ws://HOST:3000/ws/agent, wss://HOST/ws/agent or ws+unix:/SOCKET:/ws/agent.`);
}
