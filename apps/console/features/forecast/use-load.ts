'use client';
import type { Load, LoadQuery } from '@parallax/protocol';
import { useEffect, useState } from 'react';
import { callApi } from '../../lib/api-client.ts';

const everyMs = 5_000;

type Told = { about: string; load: Load | null; error: string | null };

/** What an online agent's server says of its connections, for as long as somebody looks. Both null while it is being asked for the first time, or `query` is null. */
export function useLoad(agentId: string, query: LoadQuery | null): { load: Load | null; error: string | null } {
  const about = query === null ? null : pathOf(agentId, query);
  const [told, setTold] = useState<Told | null>(null);
  useEffect(() => {
    if (about === null) return;
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      if (document.visibilityState === 'visible') {
        const answer = await callApi<Load>('GET', about).then(
          (load) => ({ load, error: null }),
          (error: Error) => ({ load: null, error: error.message }),
        );
        if (isCurrent) setTold({ about, ...answer });
      }
      if (isCurrent) timer = setTimeout(ask, everyMs);
    };
    timer = setTimeout(ask, 300); // while somebody types, every key would ask
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [about]);
  return told !== null && told.about === about ? told : { load: null, error: null };
}

function pathOf(agentId: string, { listen, ports }: LoadQuery): string {
  const words = new URLSearchParams({ port: String(listen.port), first: String(ports.first), last: String(ports.last) });
  if (listen.lastPort) words.set('lastPort', String(listen.lastPort));
  if (listen.address !== null) words.set('address', listen.address);
  return `/agents/${encodeURIComponent(agentId)}/load?${words}`;
}
