import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './names.ts';

export type WaitOptions = {
  /** How the error names what did not happen: "redis on online answers". */
  what: string;
  timeoutMs?: number;
  pollMs?: number;
};

/** Ask until the answer is neither false nor undefined, and return it. Rejects after `timeoutMs` (20 s, for busy machines), with the last error as its cause. */
export async function waitUntil<T>(check: () => T | Promise<T>, options: WaitOptions): Promise<Exclude<T, false | undefined>> {
  const { what, timeoutMs = 20_000, pollMs = 20 } = options;
  const endAtMs = Date.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await check();
      if (answer !== false && answer !== undefined) return answer as Exclude<T, false | undefined>;
    } catch (error) {
      cause = error;
    }
    if (Date.now() >= endAtMs) {
      const why = cause instanceof Error ? `; last error: ${cause.message}` : '';
      throw new LabError(`waited ${timeoutMs} ms in vain until: ${what}${why}`, { cause });
    }
    await sleep(pollMs);
  }
}
