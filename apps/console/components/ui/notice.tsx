import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cn } from '../../lib/class-names.ts';

const looks = {
  info: { box: 'border-line-strong bg-raised text-text', Icon: Info },
  warn: { box: 'border-warn/40 bg-warn-fill text-warn', Icon: TriangleAlert },
  bad: { box: 'border-bad/40 bg-bad-fill text-bad', Icon: CircleAlert },
};

/** A warning stands for long and its figures change: it does not interrupt whoever is being read to. */
const roles = { info: 'note', warn: 'status', bad: 'alert' };

type Props = { tone: keyof typeof looks; className?: string; children: ReactNode };

/** A sentence that wants to be read. */
export function Notice({ tone, className, children }: Props) {
  const { box, Icon } = looks[tone];
  return (
    <div role={roles[tone]} className={cn('flex items-start gap-2 rounded-md border px-3 py-2 text-[13px]', box, className)}>
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0">{children}</div>
    </div>
  );
}
