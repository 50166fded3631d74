import type { ReactNode } from 'react';
import { LiveProvider } from '../../features/live/live-provider.tsx';
import { Header } from '../../features/shell/header.tsx';
import { StaleVeil } from '../../features/shell/stale-veil.tsx';
import { consoleContext } from '../../lib/context.ts';
import { requireUser } from '../../lib/login.ts';

export const dynamic = 'force-dynamic';

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const user = await requireUser();
  return (
    <LiveProvider snapshot={consoleContext().hub.snapshot(0)}>
      <Header userName={user.name} />
      <StaleVeil>{children}</StaleVeil>
    </LiveProvider>
  );
}
