import { Fragment } from 'react';
import { Instant } from './instant.tsx';

const instantPattern = /(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z)/;

/** A sentence in which instants (ISO 8601) become times in the viewer's zone. */
export function Reason({ text }: { text: string }) {
  // split with a group: every second part is an instant
  return text.split(instantPattern).map((part, index) => {
    const atMs = index % 2 === 1 ? Date.parse(part) : Number.NaN;
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence have no other identity
    return <Fragment key={index}>{Number.isNaN(atMs) ? part : <Instant atMs={atMs} />}</Fragment>;
  });
}
