// One second of comparison for people and scripts: a line for each kind of request.
import { Histogram } from '@parallax/latency';
import type { ComparisonSecond, SideCounts, SideSecond } from '@parallax/protocol';

/** Of a histogram as it is told, µs; with it, so that seconds can be merged (packages/latency, Histogram.from). */
function spread(encoded: string | null) {
  if (encoded === null) return null;
  const histogram = Histogram.from(Buffer.from(encoded, 'base64'));
  const [p50Us, p90Us, p99Us] = [50, 90, 99].map((percent) => histogram.percentileUs(percent));
  return { count: histogram.count, p50Us, p90Us, p99Us, histogram: encoded };
}

const side = ({ count, errors, firstByte, lastByte }: SideSecond) => ({ count, errors, firstByte: spread(firstByte), lastByte: spread(lastByte) });

const isCounted = ({ resets, notUnderstood, clockSet }: SideCounts): boolean => resets + notUnderstood + clockSet > 0;

/** Only what happened: a second without exchanges has no lines. */
export const latencyLines = ({ mappingId, secondMs, kinds, connect, counts }: ComparisonSecond): string[] => [
  ...(connect.online === null && connect.target === null
    ? []
    : [JSON.stringify({ mappingId, secondMs, connect: { online: spread(connect.online), target: spread(connect.target) } })]),
  ...(counts !== undefined && [counts.online, counts.target].some(isCounted) ? [JSON.stringify({ mappingId, secondMs, counts })] : []),
  ...kinds.map(({ kind, online, target, held, pairs }) =>
    JSON.stringify({
      mappingId,
      secondMs,
      kind,
      online: side(online),
      target: side(target),
      held: spread(held),
      pairs: { count: pairs.count, difference: spread(pairs.difference) },
    }),
  ),
];
