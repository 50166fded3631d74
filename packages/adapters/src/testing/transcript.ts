// What an adapter told, as lines to compare.
import type { Adapter, RequestEvents, ResponseEvents } from '../contract.ts';
import { Kinds } from '../kinds.ts';

/** Both directions of one connection, from its first byte. */
export interface Conversation {
  client: Uint8Array;
  server: Uint8Array;
}

export const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
export const join = (...parts: (string | Uint8Array | number)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : typeof part === 'string' ? [...bytesOf(part)] : [...part])));

const LOGINS = ['bound login', 'free login'];

/** Collects what is told. `responseMayEnd` is left out of the lines: how often it is said depends on the segments. */
export class Transcript implements RequestEvents, ResponseEvents {
  readonly lines: string[] = [];
  mayEnds = 0;

  requestBegan(): void {
    this.lines.push('request');
  }
  requestEnded(kind: string, isAnswered: boolean): void {
    this.lines.push(isAnswered ? kind : `${kind} (no answer)`);
  }
  loggedIn(isBound: boolean): void {
    this.lines.push(LOGINS[isBound ? 0 : 1]!);
  }
  requestsLost(reason: string): void {
    this.lines.push(`lost: ${reason}`);
  }
  responseBegan(): void {
    this.lines.push('response');
  }
  responseMayEnd(): void {
    this.mayEnds++;
  }
  responseEnded(status: string, isError: boolean, lengthBytes: number, isLate: boolean): void {
    this.lines.push(`${status}${isError ? ' error' : ''} ${lengthBytes}${isLate ? ' late' : ''}`);
  }
  responsesLost(reason: string): void {
    this.lines.push(`lost: ${reason}`);
  }
}

/** Segments that end at these offsets; none: all at once. */
function push(
  reader: { push(bytes: Uint8Array, at: number, end: number, out: Transcript): void },
  bytes: Uint8Array,
  cuts: readonly number[],
  out: Transcript,
): void {
  // Amid other bytes, as in the ring: a reader that looks beyond its range would show.
  const padded = new Uint8Array(bytes.length + 16).fill(0x51);
  padded.set(bytes, 8);
  let at = 0;
  for (const cut of [...cuts.filter((each) => each > 0 && each < bytes.length).sort((a, b) => a - b), bytes.length]) {
    reader.push(padded, 8 + at, 8 + cut, out);
    at = cut;
  }
}

/** What is told of a client's stream. */
export function requestLines(adapter: Adapter, bytes: Uint8Array, cuts: readonly number[] = [], isFromStart = true, kinds = new Kinds()): string[] {
  const out = new Transcript();
  const reader = adapter.requests(kinds, isFromStart);
  push(reader, bytes, cuts, out);
  reader.close(out);
  return out.lines;
}

/** What is told of a server's stream, which then ends. */
export function responseLines(adapter: Adapter, bytes: Uint8Array, cuts: readonly number[] = [], isFromStart = true): string[] {
  const out = new Transcript();
  const reader = adapter.responses(isFromStart);
  push(reader, bytes, cuts, out);
  reader.close(out);
  return out.lines;
}

/** The ends alone, without `request` and `response`. */
export const ends = (lines: readonly string[]): string[] => lines.filter((line) => !['request', 'response', ...LOGINS].includes(line));
/** What was told of logins. */
export const logins = (lines: readonly string[]): string[] => lines.filter((line) => LOGINS.includes(line));

/** Lines of responses without their lengths. */
export const statuses = (lines: readonly string[]): string[] => ends(lines).map((line) => line.replace(/^(\w+(?: error)?) \d+/, '$1'));
/** The lengths of all responses together. */
export const totalBytes = (lines: readonly string[]): number => ends(lines).reduce((sum, line) => sum + Number(/ (\d+)/.exec(line)?.[1] ?? 0), 0);
