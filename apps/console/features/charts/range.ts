'use client';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';

export const ranges = { '1m': 60_000, '5m': 5 * 60_000, '15m': 15 * 60_000 } as const;
export type Range = keyof typeof ranges;

/** The span of time that charts show; it stands in the address, so that it survives a reload and can be pasted. */
export function useRange(): [Range, (range: Range) => void] {
  const params = useSearchParams();
  const path = usePathname();
  const router = useRouter();
  const given = params.get('range');
  const range: Range = given === '1m' || given === '15m' ? given : '5m';
  const change = (next: Range) => {
    const copy = new URLSearchParams(params);
    copy.set('range', next);
    router.replace(`${path}?${copy}`, { scroll: false });
  };
  return [range, change];
}
