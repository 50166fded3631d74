'use client';
import { useSyncExternalStore } from 'react';

const never = () => () => {};

/** False while the server renders and at the first paint; true from then on. */
export const useIsMounted = (): boolean =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
