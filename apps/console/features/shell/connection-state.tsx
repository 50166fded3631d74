'use client';
import { useEffect } from 'react';
import { toast } from 'sonner';
import { Instant } from '../../components/ui/instant.tsx';
import { StateBadge } from '../../components/ui/state-badge.tsx';
import { useConsoleNow, useLive } from '../live/use-live.ts';

/** Opening another page now would lose this one to the browser's own words. */
function keepPage(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a[href^="/"]') : null;
  if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  toast.error('The console does not answer: other pages open again once it does');
}

/** Whether what the page shows is of now. */
export function ConnectionState() {
  const connection = useLive((state) => state.connection);
  const isLost = connection.state === 'lost';
  useEffect(() => {
    if (!isLost) return;
    document.addEventListener('click', keepPage, { capture: true });
    return () => document.removeEventListener('click', keepPage, { capture: true });
  }, [isLost]);
  const offsetMs = useLive((state) => state.clockOffsetMs);
  const nowMs = useConsoleNow(500);
  if (connection.state === 'connecting') return <StateBadge state="starting" text="Connecting" />;
  if (connection.state === 'live') return <StateBadge state="running" text="Live" />;
  const retryInS = nowMs === null ? 0 : Math.max(0, Math.ceil((connection.retryAtMs - offsetMs - nowMs) / 1000));
  return (
    <>
      <StateBadge state="failed" text="Connection lost" />
      <p className="fixed inset-x-0 bottom-0 z-40 border-t border-bad/40 bg-bad-fill px-5 py-2 text-center text-[13px] text-bad">
        <span role="status">
          The console does not answer: this is how it was at <Instant atMs={connection.sinceMs} />. Agents go on with what they were told.
        </span>{' '}
        Trying again {retryInS === 0 ? 'now' : `in ${retryInS} s`}.
      </p>
    </>
  );
}
