'use client';
import { ChevronRight } from 'lucide-react';
import { type ReactNode, useState } from 'react';

type Props = {
  title: string;
  /** What is chosen inside, for when it is closed. */
  summary: ReactNode;
  /** Something in it is not as usual when the form is opened. */
  isSet: boolean;
  isWrong: boolean;
  children: ReactNode;
};

/** A part of the form that most mappings leave alone. Open if something is set or wrong in it. */
export function FormSection({ title, summary, isSet, isWrong, children }: Props) {
  const [isOpen, setOpen] = useState(isSet);
  return (
    <details open={isOpen || isWrong} onToggle={(event) => setOpen(event.currentTarget.open)} className="group rounded-md border border-line">
      <summary className="flex cursor-pointer list-none items-center gap-2 rounded-md px-3 py-2 text-[13px] hover:bg-raised [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="size-4 shrink-0 text-faint transition-transform group-open:rotate-90" />
        <span className="font-medium whitespace-nowrap">{title}</span>
        <span className="min-w-0 truncate text-xs text-soft">{summary}</span>
      </summary>
      <div className="flex flex-col gap-4 border-t border-line px-3 py-4">{children}</div>
    </details>
  );
}
