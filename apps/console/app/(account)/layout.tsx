import type { ReactNode } from 'react';
import { Logo } from '../../features/shell/logo.tsx';
import { ThemeToggle } from '../../features/shell/theme-toggle.tsx';

export const dynamic = 'force-dynamic';

export default function AccountLayout({ children }: { children: ReactNode }) {
  return (
    <div className="flex flex-1 flex-col items-center px-4 pt-[14vh]">
      <div className="fixed top-3 right-3">
        <ThemeToggle />
      </div>
      <div className="mb-6 flex items-center gap-2.5 text-xl font-semibold tracking-tight">
        <Logo className="size-8" />
        Parallax
      </div>
      <main className="w-full max-w-sm rounded-lg border border-line bg-panel p-6">{children}</main>
    </div>
  );
}
