// Is it the target that is silent, or only what brings its answers? A busy assistant or relay delays all of them alike.
import type { Work } from '../work.ts';
import type { Copy } from './copy.ts';

/** Looked again after so long, and after a quarter of what it took so far: thousands of copies may wait for one assistant. */
const ASK_AGAIN_MS = 8;

/**
 * Something is due since `dueAtMs` because the target has not answered. 0 if that is so; else when to look again, because the assistant may have captured
 * an answer by then that has not been told yet.
 */
export function lookAgainAtMs(work: Work, { mapping }: Copy, dueAtMs: number): number {
  const { nowMs, limits } = work;
  const lateMs = nowMs - dueAtMs;
  if (mapping.heardUpToMs >= dueAtMs || lateMs >= limits.unheardMostMs) return 0;
  work.out.ask(mapping);
  return mapping.heardUpToMs >= dueAtMs ? 0 : dueAtMs + Math.min(lateMs + ASK_AGAIN_MS + (lateMs >> 2), limits.unheardMostMs);
}
