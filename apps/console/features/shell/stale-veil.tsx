'use client';
import type { ReactNode } from 'react';
import { cn } from '../../lib/class-names.ts';
import { useLive } from '../live/use-live.ts';

/** Drains the colour from the page while there is no connection: what stands there is no longer so. */
export function StaleVeil({ children }: { children: ReactNode }) {
  const isLost = useLive((state) => state.connection.state === 'lost');
  return (
    <main
      id="content"
      data-stale={isLost || undefined}
      className={cn('isolate mx-auto w-full max-w-[1480px] flex-1 px-5 py-5 max-md:px-3 transition-[filter] duration-500', isLost && 'grayscale')}
    >
      {children}
    </main>
  );
}
