'use client';
import { formatExactTime, formatTime } from '../../lib/format.ts';
import { useIsMounted } from '../../lib/use-is-mounted.ts';

type Props = { atMs: number; withDate?: boolean };

/** A moment in the viewer's zone, exact on hover; with its day if that is wanted or is not today. The server does not know the zone, so it leaves the text out. */
export function Instant({ atMs, withDate = false }: Props) {
  const isMounted = useIsMounted();
  const date = new Date(atMs);
  const isToday = date.toDateString() === new Date().toDateString();
  const day = isMounted && (withDate || !isToday) ? `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ` : '';
  return (
    <time dateTime={date.toISOString()} title={isMounted ? formatExactTime(atMs) : undefined} className="whitespace-nowrap">
      {isMounted ? `${day}${formatTime(atMs)}` : ''}
    </time>
  );
}
