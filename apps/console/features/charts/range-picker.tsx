'use client';
import { cn } from '../../lib/class-names.ts';
import { type Range, ranges, useRange } from './range.ts';

const labels: Record<Range, string> = { '1m': '1 min', '5m': '5 min', '15m': '15 min' };

export function RangePicker({ mappingId }: { mappingId: string }) {
  const [range, setRange] = useRange(mappingId);
  return (
    <fieldset className="flex rounded-md border border-line-strong p-0.5">
      <legend className="sr-only">Time shown</legend>
      {(Object.keys(ranges) as Range[]).map((one) => (
        <button
          key={one}
          type="button"
          aria-pressed={one === range}
          onClick={() => setRange(one)}
          className={cn('min-h-6 rounded px-2 text-xs text-soft hover:text-text', one === range && 'bg-raised font-medium text-text')}
        >
          {labels[one]}
        </button>
      ))}
    </fieldset>
  );
}
