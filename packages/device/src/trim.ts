import { libc } from './libc.ts';

/** What was freed and malloc keeps goes back to the system, as far as whole pages of it are free. Nothing happens where libc has no such call, or cannot be called. */
export function trimMalloc(): void {
  try {
    libc().malloc_trim?.(0);
  } catch {
    // koffi is not there: the pcap backend does without
  }
}
