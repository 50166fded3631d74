import type { SessionRow } from '@parallax/protocol';
import { cn } from '../../lib/class-names.ts';

const shownAtOnce = 6;

/** The copies of a session by port; one that is held or not yet open stands out. */
export function CopiesCell({ copies }: { copies: SessionRow['copies'] }) {
  const ordinary = (copy: SessionRow['copies'][number]) => copy.state === 'open' && copy.held === null;
  return (
    <span className="flex flex-wrap gap-1">
      {copies.slice(0, shownAtOnce).map((copy) => (
        <span
          key={`${copy.address}:${copy.port}`}
          title={copy.address === undefined ? (copy.held ?? copy.state) : `from ${copy.address}, ${copy.held ?? copy.state}`}
          className={cn('mono rounded px-1 text-xs text-target', ordinary(copy) ? 'bg-target-fill/60' : 'border border-dashed border-target')}
        >
          {copy.port}
          {!ordinary(copy) && <span className="text-soft"> {copy.held === null ? copy.state : 'held'}</span>}
        </span>
      ))}
      {copies.length > shownAtOnce && <span className="text-xs text-faint">and {copies.length - shownAtOnce} more</span>}
    </span>
  );
}
