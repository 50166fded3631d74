'use client';
import { Monitor, Moon, Sun } from 'lucide-react';
import { useTheme } from 'next-themes';
import { Button } from '../../components/ui/button.tsx';
import { useIsMounted } from '../../lib/use-is-mounted.ts';

const order = ['system', 'light', 'dark'] as const;
const icons = { system: Monitor, light: Sun, dark: Moon };

/** system → light → dark → system */
export function ThemeToggle() {
  const { theme, setTheme } = useTheme();
  const isMounted = useIsMounted();
  const now = order.find((one) => isMounted && one === theme) ?? 'system';
  const next = order[(order.indexOf(now) + 1) % order.length]!;
  const Icon = icons[now];
  return (
    <Button look="quiet" size="icon" aria-label={`Theme: ${now}; change to ${next}`} title={`Theme: ${now}`} onClick={() => setTheme(next)}>
      <Icon />
    </Button>
  );
}
