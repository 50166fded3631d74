import { formatChange, formatDifference, formatLatency, unknown } from '../../lib/format.ts';
import { difference } from '../mapping/figures.ts';

type Props = { online: number | null; target: number | null };

/** One percentile of both servers, and what the target takes more (or less). */
export function LatencyCell({ online, target }: Props) {
  if (online === null && target === null) return <p className="text-right text-faint">{unknown}</p>;
  const more = difference(online, target);
  return (
    <dl className="text-right leading-snug">
      <dt className="sr-only">online</dt>
      <dd className="text-online">{formatLatency(online)}</dd>
      <dt className="sr-only">target</dt>
      <dd className="text-target">{formatLatency(target)}</dd>
      <dt className="sr-only">difference</dt>
      <dd className="text-xs whitespace-nowrap text-soft">
        {formatDifference(more)}
        {more !== null && online !== null && <span className="text-faint"> ({formatChange(target ?? 0, online)})</span>}
      </dd>
    </dl>
  );
}
