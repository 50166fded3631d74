'use client';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import type { Snapshot } from './live-state.ts';
import { LiveStore } from './live-store.ts';

const LiveContext = createContext<LiveStore | null>(null);

type Props = { snapshot: Snapshot; children: ReactNode };

/** Gives the pages below it one live connection. `snapshot` is what the server knew when it rendered. */
export function LiveProvider({ snapshot, children }: Props) {
  const [store] = useState(() => new LiveStore(snapshot));
  useEffect(() => {
    store.connect();
    return () => store.disconnect();
  }, [store]);
  return <LiveContext value={store}>{children}</LiveContext>;
}

export function useLiveStore(): LiveStore {
  const store = useContext(LiveContext);
  if (!store) throw new Error('a live component stands outside of LiveProvider');
  return store;
}
