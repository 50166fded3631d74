import { destination, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger };

/** JSON lines to `path`, or to stderr. Throws a sentence if the file cannot be opened. */
export function openLog(name: string, path: string | null): Logger {
  try {
    return pino({ name, timestamp: stdTimeFunctions.isoTime, base: { pid: process.pid, name } }, destination({ dest: path ?? 2, sync: true, mkdir: false }));
  } catch (cause) {
    throw new Error(`cannot write the log file ${path}: ${(cause as Error).message}`, { cause });
  }
}
