// What a build may cost at most, and whether a verdict shows that it costs no more. Pure.
import type { VerdictLine } from '@parallax/protocol';
import { formatLatency, percentName, signedIntervalText } from '../features/comparison/words.ts';

/** At most this many µs more than online, or this share of online's latency more. */
export type Limit = { percent: number; text: string; us: number | null; share: number | null };

const unitUs: Record<string, number> = { us: 1, µs: 1, ms: 1000, s: 1_000_000 };

/** `2ms`, `350us`, `0.1s` or `10%`. Null if it is none of them. */
export function parseLimit(percent: number, text: string): Limit | null {
  const match = /^(\d+(?:\.\d+)?)(us|µs|ms|s|%)$/.exec(text);
  if (match === null) return null;
  const value = Number(match[1]);
  return match[2] === '%' ? { percent, text, us: null, share: value / 100 } : { percent, text, us: value * unitUs[match[2]!]!, share: null };
}

export type Judged = { isWithin: boolean; text: string };

/** Within a limit only if the whole 95 % interval is: too little data is no proof. */
export function judge(limit: Limit, line: VerdictLine | undefined): Judged {
  const name = percentName(limit.percent);
  if (line === undefined) return { isWithin: false, text: `${name}: not enough data: no exchange is known on both servers` };
  if (line.outcome === 'not enough data') return { isWithin: false, text: `${name}: not enough data: ${line.lacks}` };
  const mostUs = limit.us ?? line.onlineUs * limit.share!;
  const isWithin = line.within95[1] <= mostUs;
  const interval = `${line.deltaUs < 0 ? '−' : '+'}${formatLatency(Math.abs(line.deltaUs))} (95 % CI ${signedIntervalText(line.within95)})`;
  const reason = isWithin ? 'within' : line.within95[0] > mostUs ? 'above' : 'not shown to be within';
  return { isWithin, text: `${name}: ${interval}, ${reason} ${limit.text}` };
}
