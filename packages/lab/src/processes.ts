// Finds and ends what runs inside network namespaces. A process left behind would keep its namespace alive after it was deleted.
import { readdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError, namespacePath } from './names.ts';

const TERM_GRACE_MS = 3_000;
const KILL_GRACE_MS = 2_000;
const POLL_MS = 20;

/** Identity of a namespace as the kernel shows it, or undefined if nothing is there. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined; // no such namespace, or the process ended while we looked
  }
}

/** Processes whose network namespace is one of `names`; never this process itself. */
export function pidsIn(names: readonly string[]): number[] {
  const wanted = new Set(names.map((name) => identityOf(namespacePath(name))));
  wanted.delete(undefined);
  if (wanted.size === 0) return [];
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => pid !== process.pid && wanted.has(identityOf(`/proc/${pid}/ns/net`)));
}

/** Send a signal to each pid; those already gone are no error. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {} // ended by itself
  }
}

/** True until the process has ended; also false for one that only waits to be reaped. */
const isRunning = (pid: number): boolean => identityOf(`/proc/${pid}/ns/net`) !== undefined;

/** What is to be emptied: namespaces, and processes on their way into them (`ip netns exec` takes a moment to enter). */
export type Remains = { names: readonly string[]; pids?: readonly number[] };

/** One step of ending processes. Returns the ms to wait before the next one, or undefined when nothing is left. */
function endStep({ names, pids = [] }: Remains, startedAtMs: number, told: Set<number>): number | undefined {
  const left = [...new Set([...pidsIn(names), ...pids.filter(isRunning)])];
  if (left.length === 0) return undefined;
  const elapsedMs = Date.now() - startedAtMs;
  if (elapsedMs > TERM_GRACE_MS + KILL_GRACE_MS) throw new LabError(`processes ${left.join(', ')} in ${names.join(', ')} survived SIGKILL`);
  if (elapsedMs > TERM_GRACE_MS) signalAll(left, 'SIGKILL');
  else {
    const untold = left.filter((pid) => !told.has(pid)); // also what was forked since
    for (const pid of untold) told.add(pid);
    signalAll(untold, 'SIGTERM');
  }
  return POLL_MS;
}

/** End every process in the namespaces: SIGTERM, and SIGKILL after 3 s. Throws if one survives 5 s. */
export async function endProcesses(remains: Remains): Promise<void> {
  const startedAtMs = Date.now();
  const told = new Set<number>();
  for (let waitMs = endStep(remains, startedAtMs, told); waitMs !== undefined; waitMs = endStep(remains, startedAtMs, told)) await sleep(waitMs);
}

/** The same without an event loop, for the last moments of a process. */
export function endProcessesSync(remains: Remains): void {
  const startedAtMs = Date.now();
  const told = new Set<number>();
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waitMs = endStep(remains, startedAtMs, told); waitMs !== undefined; waitMs = endStep(remains, startedAtMs, told)) Atomics.wait(pause, 0, 0, waitMs);
}
