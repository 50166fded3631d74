import { Fragment } from 'react';
import { CopyButton } from './copy-button.tsx';

type Props = { text: string; label: string };

/** Words that stay whole when a line is broken, as `--key-file` must. */
function Words({ line }: { line: string }) {
  return line.split(' ').map((word, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the words of a command have no other identity
    <Fragment key={index}>
      {index > 0 && ' '}
      <span className="inline-block max-w-full [overflow-wrap:anywhere]">{word}</span>
    </Fragment>
  ));
}

/** Something to paste into a terminal. */
export function Command({ text, label }: Props) {
  const lines = text.split('\n');
  return (
    <figure aria-label={label} className="flex items-start gap-2 rounded-md border border-line bg-raised py-1 pr-1 pl-3">
      <pre className="mono min-w-0 flex-1 py-1.5 text-[12px] leading-relaxed whitespace-pre-wrap">
        {lines.map((line, index) => (
          <Fragment key={line}>
            {index > 0 && '\n'}
            <Words line={line} />
          </Fragment>
        ))}
      </pre>
      <CopyButton text={text} label={`Copy: ${label}`} />
    </figure>
  );
}
