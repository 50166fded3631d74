import type { Forecast } from '@parallax/protocol';
import { formatCount, formatFactor } from '../../lib/format.ts';

/** What can be had of what is asked for, and what is missing. */
export function ForecastFigures({ forecast }: { forecast: Forecast }) {
  const { sessions, sessionsPossible, copies, copiesPossible, addressesMissing, opensPerSecond } = forecast;
  const rows: [string, string][] = [
    ['sessions to copy, open now', formatCount(sessions)],
    ...(opensPerSecond === null ? [] : ([['new ones a second', String(Math.round(opensPerSecond * 10) / 10)]] as [string, string][])),
    ['copies asked for', `${formatCount(copies)}${sessions > 0 ? ` (${formatFactor(copies / sessions)})` : ''}`],
    ['copies that ports suffice for', `${formatCount(copiesPossible)}${sessions > 0 ? ` (${formatFactor(copiesPossible / sessions)})` : ''}`],
    ['sessions with all their copies', formatCount(sessionsPossible)],
    ...(addressesMissing > 0 ? ([['addresses that the pool lacks', formatCount(addressesMissing)]] as [string, string][]) : []),
  ];
  return (
    <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1 text-[13px]">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-soft">{name}</dt>
          <dd className="text-right tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
