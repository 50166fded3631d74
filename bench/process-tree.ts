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

/** Resident memory of the tree in MiB: summed per process, and with shared pages counted once (proportional set size). */
export function memoryMib(pid: number): { rss: number; pss: number } {
  let rssKib = 0;
  let pssKib = 0;
  for (const each of processTree(pid)) {
    const text = read(`/proc/${each}/smaps_rollup`);
    rssKib += Number(/^Rss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
    pssKib += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  }
  return { rss: rssKib / 1024, pss: pssKib / 1024 };
}
