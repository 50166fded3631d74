'use client';
import Link from 'next/link';
import { useLive } from '../live/use-live.ts';

export function AgentsConnected() {
  const agents = useLive((state) => state.agents);
  const connected = [...agents.values()].filter((agent) => agent.connected).length;
  return (
    <Link href="/agents" className="rounded px-1.5 py-1 text-xs whitespace-nowrap text-soft max-md:hidden hover:bg-raised hover:text-text">
      {agents.size === 0 ? 'no agents' : `${connected} of ${agents.size} agents connected`}
    </Link>
  );
}
