// Sequence numbers are int32: they wrap as TCP's do and stay small integers in V8. Never compare them with < or >.

/** How far a is ahead of b in sequence space; negative if behind (RFC 9293 §3.4). */
export const seqDiff = (a: number, b: number): number => (a - b) | 0;

/** a advanced by a number of bytes, wrapping at 2^32. */
export const seqAdd = (a: number, bytes: number): number => (a + bytes) | 0;

/** The later of two sequence numbers. */
export const seqMax = (a: number, b: number): number => (((a - b) | 0) > 0 ? a : b);
