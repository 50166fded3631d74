// What a process and all its descendants have cost so far (proc(5)).
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100; // USER_HZ of every Linux on x64 and arm64

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // ended meanwhile
  }
};

/** The process and its descendants, as pids. */
export function processTree(pid: number): number[] {
  const children = readdirOrNone(`/proc/${pid}/task`).flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).trim().split(' ').filter(Boolean));
  return [pid, ...children.flatMap((child) => processTree(Number(child)))];
}

function readdirOrNone(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** User and system time of the tree, ended children that were waited for included; seconds, 10 ms fine. */
export function cpuSeconds(pid: number): number {
  let ticks = 0;
  for (const each of processTree(pid)) {
    const stat = read(`/proc/${each}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from field 3, state, on
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks / TICKS_PER_SECOND;
}

export interface Memory {
  /** Resident now, summed over the processes: what they share (Node's own code) counts once for each. */
  rss: number;
  /** The same with shared pages divided among all who map them. */
  pss: number;
  /** The most that was resident so far, summed over the processes. */
  peakRss: number;
}

/** Memory of the tree, MiB. */
export function memoryMib(pid: number): Memory {
  const kib = { rss: 0, pss: 0, peakRss: 0 };
  for (const each of processTree(pid)) {
    const now = read(`/proc/${each}/smaps_rollup`);
    kib.rss += Number(/^Rss:\s+(\d+)/m.exec(now)?.[1] ?? 0);
    kib.pss += Number(/^Pss:\s+(\d+)/m.exec(now)?.[1] ?? 0);
    kib.peakRss += Number(/^VmHWM:\s+(\d+)/m.exec(read(`/proc/${each}/status`))?.[1] ?? 0);
  }
  return { rss: kib.rss / 1024, pss: kib.pss / 1024, peakRss: kib.peakRss / 1024 };
}
