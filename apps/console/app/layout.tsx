import type { Metadata } from 'next';
import { ThemeProvider } from 'next-themes';
import type { ReactNode } from 'react';
import { Toaster } from 'sonner';
import './globals.css';

export const metadata: Metadata = { title: { default: 'Parallax', template: '%s · Parallax' } };

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <body className="flex min-h-dvh flex-col">
        <ThemeProvider attribute="class" defaultTheme="system" disableTransitionOnChange>
          {children}
          <Toaster position="bottom-right" toastOptions={{ className: '!border-line-strong !bg-panel !text-text' }} />
        </ThemeProvider>
      </body>
    </html>
  );
}
