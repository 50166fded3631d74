'use client';
import { useState } from 'react';
import { inputLook } from '../../components/ui/input.tsx';
import { cn } from '../../lib/class-names.ts';

type Props = { fromMs: number; toMs: number; onChange: (fromMs: number, toMs: number) => void };

/** As `datetime-local` wants it: the viewer's zone, seconds. */
function toLocal(atMs: number): string {
  return new Date(atMs - new Date(atMs).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** Both ends of the window. A change counts when it is whole: on leaving the input, or with Enter. */
export function SpanInputs({ fromMs, toMs, onChange }: Props) {
  const [from, setFrom] = useState(toLocal(fromMs));
  const [to, setTo] = useState(toLocal(toMs));
  const isWrong = !(Date.parse(to) > Date.parse(from));
  const apply = () => {
    if (!isWrong && (from !== toLocal(fromMs) || to !== toLocal(toMs))) onChange(Date.parse(from), Date.parse(to));
  };
  const input = (label: string, value: string, set: (text: string) => void) => (
    <input
      type="datetime-local"
      step={1}
      aria-label={label}
      aria-invalid={isWrong}
      className={cn(inputLook, 'h-7 w-[12.5rem] text-xs')}
      value={value}
      onChange={(event) => set(event.target.value)}
      onBlur={apply}
      onKeyDown={(event) => event.key === 'Enter' && apply()}
    />
  );
  return (
    <span className="flex flex-wrap items-center gap-1 text-xs text-faint">
      {input('From', from, setFrom)}–{input('To', to, setTo)}
      {isWrong && (
        <span role="alert" className="text-bad">
          ends before it begins
        </span>
      )}
    </span>
  );
}
