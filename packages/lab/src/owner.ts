// Who made a lab. An owner killed outright cannot tidy up; the next one recognises what it left behind.
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runtimeDirOf } from './names.ts';

/** A process as nobody else can be: its pid and when it started, in clock ticks since boot (proc(5), stat, field 22). */
function identityOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return undefined; // no such process
  }
}

const ownerFile = (prefix: string): string => join(runtimeDirOf(prefix), 'owner');

/** Note that the lab shall not outlive this process. Renamed into place: a half-written note would read as a dead owner. */
export function claim(prefix: string): void {
  writeFileSync(`${ownerFile(prefix)}.new`, identityOf(process.pid) ?? '');
  renameSync(`${ownerFile(prefix)}.new`, ownerFile(prefix));
}

/** The labs whose owner has ended without removing them. Labs that nobody claimed stay until somebody calls `down`. */
export function abandonedLabs(): string[] {
  const root = dirname(runtimeDirOf('any'));
  return readdirSync(root).filter((prefix) => {
    try {
      const owner = readFileSync(ownerFile(prefix), 'utf8');
      return identityOf(Number.parseInt(owner, 10)) !== owner;
    } catch {
      return false; // not claimed
    }
  });
}
