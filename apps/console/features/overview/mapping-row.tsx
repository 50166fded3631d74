'use client';
import type { MappingView } from '@parallax/protocol';
import Link from 'next/link';
import { Instant } from '../../components/ui/instant.tsx';
import { Reason } from '../../components/ui/reason.tsx';
import { StateBadge } from '../../components/ui/state-badge.tsx';
import { formatFactor, formatRate, formatShare } from '../../lib/format.ts';
import { portsWords, targetWords } from '../../lib/mapping-words.ts';
import { freshSample } from '../live/freshness.ts';
import { useLive, useSamples, useStatus } from '../live/use-live.ts';
import { achievedMultiplier, delivered, latestForecast, recentLatency } from '../mapping/figures.ts';
import { StartStop } from '../mapping/start-stop.tsx';
import { LatencyCell } from './latency-cell.tsx';
import { Sparkline } from './sparkline.tsx';

type Props = { mapping: MappingView; nowMs: number | null };

/** Is it copying, is it hurting, is the target slower: one mapping in one row. */
export function MappingRow({ mapping, nowMs }: Props) {
  const status = useStatus(mapping.id);
  const samples = useSamples(mapping.id);
  const agents = useLive((state) => state.agents);
  const sample = freshSample(samples, nowMs);
  const latency = sample ? recentLatency(sample) : null;
  const achieved = sample && achievedMultiplier(sample);
  const last = samples.at(-1);
  const account = last && delivered(last.ledger);
  const max = samples.reduce((most, one) => Math.max(most, one.exchanges.online, one.exchanges.target), 0);
  const onlineName = agents.get(mapping.onlineAgentId)?.name ?? mapping.onlineAgentId;
  const forecast = latestForecast(samples);
  const isShort = forecast !== null && sample !== null && forecast.copiesPossible < forecast.copies;
  const href = `/mappings/${mapping.id}`;
  return (
    <tr data-testid="mapping-row" data-mapping={mapping.name} className="border-t border-line align-top hover:bg-raised/50 [&>td]:px-3 [&>td]:py-2.5">
      <td data-wide className="max-w-72">
        <Link href={href} className="font-semibold hover:underline">
          {mapping.name}
        </Link>
        <div className="mono mt-0.5 text-xs leading-snug">
          <span className="text-online">
            {onlineName}:{portsWords(mapping.listen)}
          </span>
          <span className="text-faint"> → </span>
          <span className="text-target">{targetWords(mapping.target)}</span>
        </div>
      </td>
      <td data-wide className="w-64 max-w-80">
        {status && (
          <>
            <StateBadge state={status.state} /> <span className="text-xs text-faint">since {<Instant atMs={status.sinceMs} />}</span>
            <p className="mt-1 text-xs leading-snug text-soft">
              <Reason text={status.reason} />
            </p>
          </>
        )}
      </td>
      {(['online', 'target'] as const).map((side) => (
        <td key={side} data-label={side} className="text-right">
          <Link href={`${href}/sessions`} className="inline-flex flex-col items-end gap-1 hover:underline">
            <span className={side === 'online' ? 'text-online' : 'text-target'}>{formatRate(sample?.exchanges[side] ?? null)}</span>
            <Sparkline side={side} samples={samples} nowMs={nowMs} max={max} />
          </Link>
        </td>
      ))}
      <td data-label="copies" data-wide className="text-right">
        {formatFactor(mapping.multiplier)}
        {mapping.selection.percent < 100 || mapping.selection.ramp !== null ? (
          <span className="text-xs text-soft"> of {Number((sample?.percent ?? mapping.selection.percent).toFixed(1))} %</span>
        ) : (
          ''
        )}
        {isShort && <div className="text-xs whitespace-nowrap text-warn">ports do not suffice</div>}
        <div className="text-xs whitespace-nowrap text-soft">
          {sample && (achieved === null ? 'no session open' : `×${Number(achieved.toFixed(2))} open now`)}
        </div>
        <div className="text-xs whitespace-nowrap text-soft">{account && account.ended > 0 ? `${formatShare(account.done, account.ended)} delivered` : ''}</div>
      </td>
      <td data-label="p50, last minute">
        <Link href={`${href}/comparison?p=50`} className="block hover:underline">
          <LatencyCell online={latency?.online.p50Us ?? null} target={latency?.target.p50Us ?? null} />
        </Link>
      </td>
      <td data-label="p99, last minute">
        <Link href={`${href}/comparison`} className="block hover:underline">
          <LatencyCell online={latency?.online.p99Us ?? null} target={latency?.target.p99Us ?? null} />
        </Link>
      </td>
      <td data-wide className="text-right">
        <StartStop mapping={mapping} size="small" />
      </td>
    </tr>
  );
}
