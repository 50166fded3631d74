'use client';
import type { Measure } from '@parallax/protocol';
import { useSearchParams } from 'next/navigation';
import { useCallback, useMemo } from 'react';

/** Windows that follow the clock, ms. */
export const lasts = {
  '5m': 5 * 60_000,
  '15m': 15 * 60_000,
  '1h': 3_600_000,
  '6h': 6 * 3_600_000,
  '24h': 24 * 3_600_000,
  '7d': 7 * 24 * 3_600_000,
} as const;
export type Last = keyof typeof lasts;

export const percents = [50, 90, 99, 99.9] as const;
export type Percent = (typeof percents)[number];

/** What the page shows; all of it stands in the address. `range` is null while the window follows the clock. */
export type Shown = {
  last: Last;
  range: { fromMs: number; toMs: number } | null;
  kind: string | null;
  measure: Measure;
  /** The percentile that the verdict is about. */
  percent: Percent;
  isLog: boolean;
  /** Percentiles that are not drawn. */
  hidden: readonly Percent[];
};

const percentOf = (text: string | null): Percent | undefined => percents.find((percent) => String(percent) === text);

export function readShown(params: URLSearchParams): Shown {
  const instant = (name: string) => (/^\d{12,14}$/.test(params.get(name) ?? '') ? Number(params.get(name)) : null);
  const [fromMs, toMs] = [instant('from'), instant('to')];
  const last = (Object.keys(lasts) as Last[]).find((each) => each === params.get('last'));
  return {
    last: last ?? '15m',
    range: fromMs !== null && toMs !== null && toMs > fromMs ? { fromMs, toMs } : null,
    kind: params.get('kind'),
    measure: params.get('measure') === 'lastByte' ? 'lastByte' : 'firstByte',
    percent: percentOf(params.get('p')) ?? 99,
    isLog: params.get('axis') !== 'linear',
    hidden: (params.get('hide') ?? '').split(',').flatMap((text) => percentOf(text) ?? []),
  };
}

/** What is as without a choice is left out. */
export function writeShown({ last, range, kind, measure, percent, isLog, hidden }: Shown): string {
  const params = new URLSearchParams();
  if (range !== null) {
    params.set('from', String(Math.round(range.fromMs)));
    params.set('to', String(Math.round(range.toMs)));
  }
  if (last !== '15m') params.set('last', last);
  if (kind !== null) params.set('kind', kind);
  if (measure !== 'firstByte') params.set('measure', measure);
  if (percent !== 99) params.set('p', String(percent));
  if (!isLog) params.set('axis', 'linear');
  if (hidden.length > 0) params.set('hide', hidden.join(','));
  return params.toString();
}

export type ChangeShown = (change: Partial<Shown>, how?: 'push' | 'replace') => void;

/** `push` leaves the window before one step back in the browser. */
export function useShown(): [Shown, ChangeShown] {
  const params = useSearchParams();
  const shown = useMemo(() => readShown(new URLSearchParams(params)), [params]);
  const change = useCallback<ChangeShown>((next, how = 'replace') => {
    const query = writeShown({ ...readShown(new URLSearchParams(window.location.search)), ...next });
    window.history[how === 'push' ? 'pushState' : 'replaceState'](null, '', query === '' ? window.location.pathname : `?${query}`);
  }, []);
  return [shown, change];
}
