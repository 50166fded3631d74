import type { ReactNode } from 'react';
import { cn } from '../../lib/class-names.ts';

type Props = { title: string; note?: ReactNode; actions?: ReactNode; className?: string; isFlush?: boolean; children: ReactNode };

/** A titled part of a page. `isFlush`: its content reaches the edges, as tables do. */
export function Panel({ title, note, actions, className, isFlush = false, children }: Props) {
  return (
    <section aria-label={title} className={cn('min-w-0 rounded-lg border border-line bg-panel', className)}>
      <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1.5">
        <h2 className="text-[13px] font-semibold">{title}</h2>
        {note && <div className="text-xs text-faint">{note}</div>}
        {actions && <div className="ml-auto flex items-center gap-1.5">{actions}</div>}
      </header>
      <div className={isFlush ? '' : 'p-4'}>{children}</div>
    </section>
  );
}
