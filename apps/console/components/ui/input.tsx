import type { ComponentProps } from 'react';
import { cn } from '../../lib/class-names.ts';

export const inputLook =
  'h-9 w-full rounded-md border border-line-strong bg-panel px-2.5 text-[13px] text-text placeholder:text-faint aria-invalid:border-bad disabled:cursor-not-allowed disabled:bg-raised disabled:text-faint';

export function Input({ className, ...props }: ComponentProps<'input'>) {
  return <input autoComplete="off" spellCheck={false} className={cn(inputLook, className)} {...props} />;
}
