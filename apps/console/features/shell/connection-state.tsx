'use client';
import { Instant } from '../../components/ui/instant.tsx';
import { StateBadge } from '../../components/ui/state-badge.tsx';
import { useConsoleNow, useLive } from '../live/use-live.ts';

/** Whether what the page shows is of now. */
export function ConnectionState() {
  const connection = useLive((state) => state.connection);
  const offsetMs = useLive((state) => state.clockOffsetMs);
  const nowMs = useConsoleNow(500);
  if (connection.state === 'connecting') return <StateBadge state="starting" text="Connecting" />;
  if (connection.state === 'live') return <StateBadge state="running" text="Live" />;
  const retryInS = nowMs === null ? 0 : Math.max(0, Math.ceil((connection.retryAtMs - offsetMs - nowMs) / 1000));
  return (
    <span role="status" className="inline-flex items-center gap-2 text-xs text-bad">
      <StateBadge state="failed" text="Connection lost" />
      <span className="max-lg:hidden">
        showing {<Instant atMs={connection.sinceMs} />}; trying again {retryInS === 0 ? 'now' : `in ${retryInS} s`}
      </span>
    </span>
  );
}
