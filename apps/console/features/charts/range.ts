'use client';
import type { LiveSample } from '@parallax/protocol';
import { useQuery } from '../../lib/use-query.ts';
import { useSamples } from '../live/use-live.ts';

export const ranges = { '1m': 60_000, '5m': 5 * 60_000, '15m': 15 * 60_000 } as const;
export type Range = keyof typeof ranges;

/** Without a choice: five minutes, or one while there is not more to show. */
function fittingRange(samples: readonly LiveSample[]): Range {
  const spanMs = (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0);
  return spanMs < ranges['1m'] ? '1m' : '5m';
}

/** The span of time that a mapping's charts show. A choice stands in the address, so that it survives a reload and can be pasted. */
export function useRange(mappingId: string): [Range, (range: Range) => void] {
  const samples = useSamples(mappingId);
  const [given, change] = useQuery('range');
  const chosen = (Object.keys(ranges) as Range[]).find((range) => range === given);
  return [chosen ?? fittingRange(samples), change];
}
