'use client';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { cn } from '../../lib/class-names.ts';

type Props = { href: string; label: string /** Other paths that belong to it. */; also?: string };

export function NavLink({ href, label, also }: Props) {
  const path = usePathname();
  const isHere = href === '/' ? path === '/' : path.startsWith(href);
  const isCurrent = isHere || (also !== undefined && path.startsWith(also));
  return (
    <Link
      href={href}
      aria-current={isCurrent ? 'page' : undefined}
      className={cn('rounded-md px-2.5 py-1.5 text-[13px] font-medium text-soft hover:bg-raised hover:text-text', isCurrent && 'bg-raised text-text')}
    >
      {label}
    </Link>
  );
}
