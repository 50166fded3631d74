// Resident memory of a process tree with each page counted once, however many of its processes map it (proc(5): smaps, pagemap). Needs root.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { processTree } from './process-tree.ts';

const PAGE_BYTES = 4096;
const ENTRY_BYTES = 8;
const PRESENT = 1n << 63n;
const FRAME = (1n << 55n) - 1n;

/** MiB of the tree, each page once; and by process and kind of mapping, MiB as `ps` counts them. */
export interface Pages {
  once: number;
  byProcess: { title: string; parts: Record<string, number> }[];
}

const kindOf = (name: string, bytes: number, storeBytes: number): string => {
  if (name.startsWith('socket:')) return 'ring';
  if (name.endsWith('/node')) return 'program';
  if (name.startsWith('/')) return 'libraries';
  if (name === '[heap]') return 'malloc';
  return bytes >= storeBytes ? 'store' : 'V8 and stacks';
};

/** Mappings of at least `storeBytes` without a name are the packet memory behind the ring. */
export function pagesOf(pid: number, storeBytes = 64 << 20): Pages {
  const frames = new Set<bigint>();
  let unnumbered = 0;
  const byProcess = processTree(pid).map((each) => {
    const parts: Record<string, number> = {};
    const pagemap = openSync(`/proc/${each}/pagemap`, 'r');
    let range = { from: 0, to: 0, kind: '' };
    for (const line of readFileSync(`/proc/${each}/smaps`, 'utf8').split('\n')) {
      const head = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+\s*(.*)$/.exec(line);
      if (head !== null) {
        const [from, to] = [Number.parseInt(head[1]!, 16), Number.parseInt(head[2]!, 16)];
        range = { from, to, kind: kindOf(head[3]!, to - from, storeBytes) };
      }
      const kib = Number(/^Rss:\s+(\d+)/.exec(line)?.[1] ?? 0);
      if (kib === 0) continue;
      parts[range.kind] = (parts[range.kind] ?? 0) + kib / 1024;
      const entries = Buffer.alloc(((range.to - range.from) / PAGE_BYTES) * ENTRY_BYTES);
      const read = readSync(pagemap, entries, 0, entries.length, (range.from / PAGE_BYTES) * ENTRY_BYTES);
      for (let at = 0; at + ENTRY_BYTES <= read; at += ENTRY_BYTES) {
        const entry = entries.readBigUInt64LE(at);
        if ((entry & PRESENT) === 0n) continue;
        const frame = entry & FRAME;
        if (frame === 0n) unnumbered++;
        else frames.add(frame);
      }
    }
    closeSync(pagemap);
    return {
      title: readFileSync(`/proc/${each}/cmdline`, 'utf8')
        .split('\0')
        .filter((word) => word.endsWith('parallax') || word.endsWith('.mjs'))
        .join(' ')
        .split('/')
        .at(-1)!,
      parts,
    };
  });
  return { once: ((frames.size + unnumbered) * PAGE_BYTES) / 2 ** 20, byProcess };
}
