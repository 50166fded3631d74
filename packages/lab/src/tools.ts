// Runs the system's programs (ip, ethtool, nft) and turns their failures into sentences.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { delimiter, join } from 'node:path';
import { LabError } from './names.ts';

/** How a program ended. `code` is its exit code, or 128 + the signal's number as a shell would say. */
export type Completed = { code: number; stdout: string; stderr: string };
export type RunOptions = {
  /** The program and all of its process group end after this many ms. Default 30 s. */
  timeoutMs?: number;
  /** Written to its standard input, which is then closed. */
  input?: string;
  /** How errors name the command; default: its words. */
  label?: string;
};

const OUTPUT_LIMIT_CHARS = 16 << 20;
const PACKAGE_OF: Record<string, string> = {
  ip: 'iproute2',
  ethtool: 'ethtool',
  nft: 'nftables',
  'redis-server': 'redis-server',
  nginx: 'nginx',
};
const SYSTEM_DIRS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** Throws unless this process is root: the kernel lets nobody else make network namespaces that other processes can enter. */
export function requireRoot(uid = process.getuid?.()): void {
  if (uid === 0) return;
  throw new LabError(`network namespaces need root (CAP_SYS_ADMIN, CAP_NET_ADMIN), and this process runs as uid ${uid}; run the command with sudo`);
}

/** Throws unless `tool` is installed; names the Debian package that brings it. */
export function requireTool(tool: string, path = process.env.PATH ?? ''): void {
  for (const dir of [...path.split(delimiter), ...SYSTEM_DIRS]) {
    if (dir === '') continue;
    try {
      accessSync(join(dir, tool), constants.X_OK);
      return;
    } catch {} // not in this directory
  }
  throw new LabError(`the program "${tool}" is not installed; install it with: apt-get install ${PACKAGE_OF[tool] ?? tool}`);
}

/** Programs of the administrator live in sbin, which an ordinary PATH may lack. */
export const systemEnv = (): NodeJS.ProcessEnv => ({ ...process.env, PATH: `${process.env.PATH ?? ''}:${SYSTEM_DIRS.join(':')}` });

/** Exit code of a process in a shell's terms: signals are 128 + their number. */
export function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : (osConstants.signals[signal] ?? 0));
}

/** Run a program to its end. Rejects if it cannot be started or exceeds its time; a non-zero code is an answer, not an error. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Completed> {
  const { timeoutMs = 30_000, input = '', label = argv.join(' ') } = options;
  const [file, ...args] = argv;
  if (file === undefined) return Promise.reject(new LabError('an empty command cannot be run; name a program'));
  return new Promise((resolve, reject) => {
    // A process group of its own, so that the time limit also ends what the program started.
    const child = spawn(file, args, { stdio: 'pipe', detached: true, env: systemEnv() });
    let stdout = '';
    let stderr = '';
    let isLate = false;
    const signalGroup = (signal: NodeJS.Signals) => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, signal);
      } catch {} // the group is gone
    };
    let killTimer: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      isLate = true;
      signalGroup('SIGTERM');
      killTimer = setTimeout(() => signalGroup('SIGKILL'), 500);
    }, timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < OUTPUT_LIMIT_CHARS) stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < OUTPUT_LIMIT_CHARS) stderr += text;
    });
    child.stdin.on('error', () => {}); // it may end without reading
    child.stdin.end(input);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      act();
    };
    child.on('error', (cause) => settle(() => reject(new LabError(`cannot run "${label}": ${cause.message}`, { cause }))));
    child.on('close', (code, signal) =>
      settle(() => {
        if (isLate) reject(new LabError(`"${label}" did not end within ${timeoutMs} ms and was ended; its last words: ${stderr.slice(-300).trim() || 'none'}`));
        else resolve({ code: exitCodeOf(code, signal), stdout, stderr });
      }),
    );
  });
}

/** Run a program that must succeed; its standard output is the answer. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(argv, options);
  if (code === 0) return stdout;
  const remedy = /not permitted|permission denied/i.test(stderr) ? '; network namespaces need root (CAP_SYS_ADMIN, CAP_NET_ADMIN)' : '';
  throw new LabError(`"${options.label ?? argv.join(' ')}" failed with code ${code}: ${stderr.trim() || 'no message'}${remedy}`);
}
