import type { RunState } from '@parallax/protocol';
import { cn } from '../../lib/class-names.ts';

type Look = { text: string; box: string; shape: 'disc' | 'triangle' | 'square' | 'half' | 'ring' };
const looks: Record<RunState | 'connected' | 'away' | 'unknown', Look> = {
  running: { text: 'Running', box: 'bg-good-fill text-good', shape: 'disc' },
  connected: { text: 'Connected', box: 'bg-good-fill text-good', shape: 'disc' },
  degraded: { text: 'Degraded', box: 'bg-warn-fill text-warn', shape: 'triangle' },
  failed: { text: 'Failed', box: 'bg-bad-fill text-bad', shape: 'square' },
  starting: { text: 'Starting', box: 'bg-raised text-soft', shape: 'half' },
  stopping: { text: 'Stopping', box: 'bg-raised text-soft', shape: 'half' },
  stopped: { text: 'Stopped', box: 'bg-raised text-soft', shape: 'ring' },
  unknown: { text: 'Not known', box: 'bg-raised text-soft', shape: 'ring' },
  away: { text: 'Not connected', box: 'bg-raised text-soft', shape: 'ring' },
};

const shapes = {
  disc: <circle cx="5" cy="5" r="4" fill="currentColor" />,
  triangle: <path d="M5 0.8 9.6 9H0.4Z" fill="currentColor" />,
  square: <rect x="1" y="1" width="8" height="8" fill="currentColor" />,
  half: (
    <>
      <circle cx="5" cy="5" r="3.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M5 1.5a3.5 3.5 0 0 1 0 7Z" fill="currentColor" />
    </>
  ),
  ring: <circle cx="5" cy="5" r="3.5" fill="none" stroke="currentColor" strokeWidth="1.5" />,
};

type Props = { state: keyof typeof looks; text?: string; className?: string };

/** A state as colour, shape and word. */
export function StateBadge({ state, text, className }: Props) {
  const look = looks[state];
  return (
    <span
      data-state={state}
      className={cn('inline-flex items-center gap-1.5 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap', look.box, className)}
    >
      <svg aria-hidden="true" viewBox="0 0 10 10" className="size-2.5">
        {shapes[look.shape]}
      </svg>
      {text ?? look.text}
    </span>
  );
}
