import { ChevronDown } from 'lucide-react';
import type { ComponentProps } from 'react';
import { cn } from '../../lib/class-names.ts';
import { inputLook } from './input.tsx';

/** The browser's own select: every keyboard and screen reader knows it. */
export function Select({ className, ...props }: ComponentProps<'select'>) {
  return (
    <span className="relative block">
      <select className={cn(inputLook, 'appearance-none pr-8', className)} {...props} />
      <ChevronDown aria-hidden className="pointer-events-none absolute top-2.5 right-2.5 size-4 text-faint" />
    </span>
  );
}
