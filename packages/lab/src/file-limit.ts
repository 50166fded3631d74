// How many files, and so connections, what runs in a lab may have open.
import { readFileSync } from 'node:fs';
import { LabError } from './names.ts';

/** Enough for every workload: 10 000 connections of one program that has both ends of them. */
export const OPEN_FILES = 20_000;

/** The soft limit on open files in the text of `/proc/PID/limits` (proc(5)); infinity where there is none. */
export function openFilesOf(limits: string): number {
  const words = /^Max open files +(\S+)/m.exec(limits);
  if (words === null) throw new LabError('/proc/self/limits has no line "Max open files"; is /proc mounted?');
  return words[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(words[1]);
}

/** Throws unless this process, and so all that it starts, may have OPEN_FILES files open. Node has raised the soft limit to the hard one by itself. */
export function requireOpenFiles(limits: string = readFileSync('/proc/self/limits', 'utf8')): void {
  const allowed = openFilesOf(limits);
  if (allowed >= OPEN_FILES) return;
  throw new LabError(`this process may have ${allowed} files open, and a lab needs ${OPEN_FILES}; raise the limit first: ulimit -n ${OPEN_FILES}`);
}
