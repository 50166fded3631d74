// An agent's process: detaching, pid file, one line "ready", signals, exit codes.
import { spawn } from 'node:child_process';
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { collect } from './small-heap.ts';

/** 2: the command line is wrong. 1: it cannot work. */
export const USAGE = 2;

const DETACHED = 'PARALLAX_DETACHED';
const READY_WITHIN_MS = 30_000;

/** True in the process that `detach` made. */
export const isDetached = (): boolean => process.env[DETACHED] === '1';

/** Run this same command again in the background, wait until it is ready, and leave. Never returns. */
export function detach(command: string, logFile: string | null): void {
  const log = openSync(logFile ?? '/dev/null', 'a');
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio: ['ignore', log, logFile === null ? 'inherit' : log, 'ipc'],
    env: { ...process.env, [DETACHED]: '1' },
  });
  closeSync(log);
  const fail = (text: string) => {
    process.stderr.write(`parallax ${command}: ${text}\n`);
    process.exit(1);
  };
  const timer = setTimeout(() => {
    process.kill(child.pid!, 'SIGTERM');
    fail(`not ready within ${READY_WITHIN_MS / 1000} s and stopped again${logFile === null ? '; run it without -d to see why' : `; see ${logFile}`}`);
  }, READY_WITHIN_MS);
  child.on('message', (message) => {
    if (message === 'ready') {
      clearTimeout(timer);
      process.stdout.write('ready\n');
      child.disconnect();
      child.unref();
      process.exit(0);
    } else fail(String(message));
  });
  child.once('exit', (code) => fail(`ended with exit code ${code}${logFile === null ? '' : `; see ${logFile}`}`));
}

/** Say that the agent can work: one line on stdout, or to the process that detached it. */
export function sayReady(): void {
  setImmediate(collect);
  if (isDetached() && process.send !== undefined) process.send('ready');
  else process.stdout.write('ready\n');
}

/** End with a sentence for the operator. Never returns. */
export function fail(command: string, text: string): never {
  process.stderr.write(`parallax ${command}: ${text}\n`);
  if (isDetached() && process.connected) process.send?.(text, undefined, {}, () => process.exit(1));
  process.exit(1);
}

/** What went wrong is the operator's to mend: a sentence and exit code 1; a wrong command line stays commander's. */
export function failUnlessUsage(command: string, error: Error): never {
  if (error instanceof CommanderError) throw error;
  fail(command, error.message);
}

/** Write the pid; the file goes away with the process. Throws a sentence. */
export function writePidFile(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (cause) {
    throw new Error(`cannot write the pid file ${path}: ${(cause as Error).message}`, { cause });
  }
  process.on('exit', () => rmSync(path, { force: true }));
}

/** On SIGTERM or SIGINT: stop in order, then exit 0. A second signal does not wait. */
export function stopOnSignal(stop: () => Promise<void>): void {
  let isStopping = false;
  const onSignal = () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    stop().then(
      () => process.exit(0),
      (error: Error) => {
        process.stderr.write(`${error.message}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
