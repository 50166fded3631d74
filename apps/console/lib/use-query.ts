'use client';
import { useSearchParams } from 'next/navigation';
import { useCallback } from 'react';

/** What the address says of `name` behind the question mark, and how to change it: at once, without asking the console for the page again. Null: nothing. */
export function useQuery(name: string): [string | null, (next: string | null) => void] {
  const said = useSearchParams().get(name);
  const change = useCallback(
    (next: string | null) => {
      const params = new URLSearchParams(window.location.search);
      if (next === null) params.delete(name);
      else params.set(name, next);
      const query = params.toString();
      window.history.replaceState(null, '', query === '' ? window.location.pathname : `?${query}`);
    },
    [name],
  );
  return [said, change];
}
