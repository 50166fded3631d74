import { CopyButton } from './copy-button.tsx';

type Props = { text: string; label: string };

/** Something to paste into a terminal. */
export function Command({ text, label }: Props) {
  return (
    <figure aria-label={label} className="flex items-start gap-2 rounded-md border border-line bg-raised py-1 pr-1 pl-3">
      <pre className="mono min-w-0 flex-1 overflow-x-auto py-1.5 text-[12px] leading-relaxed whitespace-pre-wrap [overflow-wrap:anywhere]">{text}</pre>
      <CopyButton text={text} label={`Copy: ${label}`} />
    </figure>
  );
}
