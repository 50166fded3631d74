import Link from 'next/link';
import { AgentsConnected } from './agents-connected.tsx';
import { ConnectionState } from './connection-state.tsx';
import { Logo } from './logo.tsx';
import { NavLink } from './nav-link.tsx';
import { SignOut } from './sign-out.tsx';
import { StopAll } from './stop-all.tsx';
import { ThemeToggle } from './theme-toggle.tsx';

/** The same on every page: where am I, is it alive, stop. */
export function Header({ userName }: { userName: string }) {
  return (
    <header className="sticky top-0 z-40 border-b border-line bg-panel">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-50 focus:rounded focus:bg-panel focus:px-3 focus:py-1.5"
      >
        Skip to content
      </a>
      <div className="mx-auto flex min-h-12 max-w-[1480px] flex-wrap items-center gap-x-4 px-5 max-md:gap-x-2 max-md:px-3 max-md:py-1">
        <Link href="/" className="flex items-center gap-2 text-[15px] font-semibold tracking-tight">
          <Logo className="size-6" />
          Parallax
        </Link>
        <nav aria-label="Main" className="flex items-center gap-0.5 max-md:order-last max-md:w-full">
          <NavLink href="/" label="Overview" also="/mappings" />
          <NavLink href="/agents" label="Agents" />
          <NavLink href="/settings" label="Settings" />
        </nav>
        <div className="ml-auto flex items-center gap-2.5 max-md:gap-1">
          <AgentsConnected />
          <ConnectionState />
          <StopAll />
          <span className="flex items-center">
            <ThemeToggle />
            <SignOut userName={userName} />
          </span>
        </div>
      </div>
    </header>
  );
}
