'use client';
import type { AgentSample, LiveSample, MappingStatus, MappingView } from '@parallax/protocol';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { callApi } from '../../lib/api-client.ts';
import { useLiveStore } from './live-provider.tsx';
import type { LiveState, SessionList } from './live-state.ts';
import type { Trace } from './trace-state.ts';

/** A part of the live state. `select` must return something the state already holds, not a new object each time. */
export function useLive<Part>(select: (state: LiveState) => Part): Part {
  const store = useLiveStore();
  return useSyncExternalStore(
    store.subscribe,
    () => select(store.state),
    () => select(store.initial),
  );
}

const noSamples: readonly LiveSample[] = [];
const noAgentSamples: readonly AgentSample[] = [];

export const useSamples = (mappingId: string): readonly LiveSample[] => useLive((state) => state.samples.get(mappingId) ?? noSamples);
export const useAgentSamples = (agentId: string): readonly AgentSample[] => useLive((state) => state.agentSamples.get(agentId) ?? noAgentSamples);
export const useDefinition = (mappingId: string): MappingView | undefined => useLive((state) => state.definitions.get(mappingId));
export const useStatus = (mappingId: string): MappingStatus | undefined => useLive((state) => state.statuses.get(mappingId));

/** The console's clock, ticking; null until the page is alive. */
export function useConsoleNow(everyMs = 1_000): number | null {
  const offsetMs = useLive((state) => state.clockOffsetMs);
  const [nowMs, setNow] = useState<number | null>(null);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs === null ? null : nowMs - offsetMs;
}

/** Fetches the kept samples of a mapping whenever the connection comes (back). */
export function useHistory(mappingId: string): void {
  const store = useLiveStore();
  const isLive = useLive((state) => state.connection.state === 'live');
  useEffect(() => {
    if (!isLive) return;
    let isCurrent = true;
    callApi<LiveSample[]>('GET', `/mappings/${mappingId}/samples`).then(
      (samples) => isCurrent && store.addHistory(mappingId, samples),
      () => {}, // the live samples of the last two minutes are there all the same
    );
    return () => {
      isCurrent = false;
    };
  }, [store, mappingId, isLive]);
}

/** The open sessions of a mapping, for as long as somebody looks; null until the agent has sent them. */
export function useSessions(mappingId: string): SessionList | null {
  const store = useLiveStore();
  useEffect(() => {
    store.watchSessions(mappingId);
    return () => store.watchSessions(null);
  }, [store, mappingId]);
  const sessions = useLive((state) => state.sessions);
  return sessions?.mappingId === mappingId ? sessions : null;
}

/** A session of the mapping that `useSessions` lists, segment by segment, for as long as somebody looks. */
export function useTrace(sessionId: string): Trace | null {
  const store = useLiveStore();
  useEffect(() => {
    store.followSession(sessionId);
    return () => store.followSession(null);
  }, [store, sessionId]);
  const trace = useLive((state) => state.trace);
  return trace?.sessionId === sessionId ? trace : null;
}
