'use client';
import { useEffect, useRef, useState } from 'react';
import { callApi } from '../../lib/api-client.ts';

/** What was answered last, to which question; it stays while the next answer is awaited. */
export type Answer<View> = { view: View | null; failure: string | null; isLoading: boolean };

/** Asks the console whenever the path changes, and again `everyMs` after each answer unless that is null. A null path asks nothing. */
export function useAnswer<View>(path: (() => string) | null, key: string, everyMs: number | null): Answer<View> {
  const [answer, setAnswer] = useState<Answer<View>>({ view: null, failure: null, isLoading: true });
  const ask = useRef(path);
  ask.current = path;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the path, which in a live window moves with the clock
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isCurrent = true;
    const next = async () => {
      if (ask.current !== null && document.visibilityState === 'visible') {
        try {
          const view = await callApi<View>('GET', ask.current());
          if (isCurrent) setAnswer({ view, failure: null, isLoading: false });
        } catch (error) {
          if (isCurrent) setAnswer((before) => ({ ...before, failure: (error as Error).message, isLoading: false }));
        }
      }
      if (isCurrent && everyMs !== null) timer = setTimeout(next, everyMs);
    };
    setAnswer((before) => ({ ...before, isLoading: true }));
    void next();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [key, everyMs]);
  return answer;
}
