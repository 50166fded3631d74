import { CircleAlert } from 'lucide-react';
import { cloneElement, type ReactElement, type ReactNode, useId } from 'react';
import { cn } from '../../lib/class-names.ts';

type Control = ReactElement<{ id?: string; 'aria-invalid'?: boolean; 'aria-describedby'?: string }>;
type Props = { label: string; hint?: ReactNode; error?: string | undefined; className?: string; children: Control };

/** A labelled input with what is wrong with it, or else what it is for. */
export function Field({ label, hint, error, className, children }: Props) {
  const id = useId();
  const described = error !== undefined || hint ? `${id}-note` : undefined;
  return (
    <div className={cn('flex flex-col gap-1', className)}>
      <label htmlFor={id} className="text-[13px] font-medium">
        {label}
      </label>
      {cloneElement(children, {
        id,
        ...(error === undefined ? {} : { 'aria-invalid': true }),
        ...(described === undefined ? {} : { 'aria-describedby': described }),
      })}
      {error !== undefined ? (
        <p id={described} role="alert" className="flex items-start gap-1 text-xs text-bad">
          <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
          {error}
        </p>
      ) : (
        hint && (
          <p id={described} className="text-xs text-faint">
            {hint}
          </p>
        )
      )}
    </div>
  );
}
