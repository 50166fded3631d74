// Runs one program of a stage to its end or to the end of its time, with its output on this terminal.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const ROOT = join(import.meta.dirname, '../..');
const GRACE_MS = 10_000;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Send a signal to a child's whole process group; no error if it has ended. */
function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {} // already gone
}

/** True while a process of the child's group runs. */
function hasGroup(child) {
  try {
    process.kill(-child.pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** End what runs: first as Ctrl-C would, then harder, with time between for tests to tidy up. Every child is the leader of its own group. */
export async function endAll() {
  await Promise.all(
    [...running].map(async (child) => {
      child.kill('SIGINT');
      const startedAtMs = Date.now();
      const told = new Set();
      while (hasGroup(child)) {
        const elapsedMs = Date.now() - startedAtMs;
        const signal = elapsedMs > 2 * GRACE_MS ? 'SIGKILL' : elapsedMs > GRACE_MS || !running.has(child) ? 'SIGTERM' : undefined;
        if (signal !== undefined && !told.has(signal)) signalGroup(child, signal);
        told.add(signal);
        await sleep(50);
      }
    }),
  );
}

/**
 * Run a program of node_modules/.bin. Resolves with its exit code; 124 if its time was over.
 * @param {string[]} words
 * @param {{ endAtMs: number, env?: Record<string, string> }} options endAtMs: on Date's clock
 * @returns {Promise<number>}
 */
export function runTool(words, { endAtMs, env = {} }) {
  const [name, ...args] = words;
  return new Promise((resolve) => {
    const path = [join(ROOT, 'node_modules/.bin'), process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter);
    const child = spawn(join(ROOT, 'node_modules/.bin', name), args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, PATH: path, ...env },
      detached: true,
    });
    running.add(child);
    let isLate = false;
    const timer = setTimeout(
      () => {
        isLate = true;
        console.error(`\n${name}: the time for all stages is over, ending it`);
        void endAll();
      },
      Math.max(0, endAtMs - Date.now()),
    );
    const settle = (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve(isLate ? 124 : code);
    };
    child.on('error', (error) => {
      console.error(`${name} cannot be run (${error.message}); is everything installed? sh scripts/setup.sh test`);
      settle(127);
    });
    child.on('exit', (code, signal) => settle(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/** On Ctrl-C or SIGTERM: end the children, then this process with the code a shell would give. */
export function endWithChildren() {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, async () => {
      console.error(`\n${signal}: ending what runs`);
      await endAll();
      process.exit(128 + constants.signals[signal]);
    });
  }
}
