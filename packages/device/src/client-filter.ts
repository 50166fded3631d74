import type { CaptureFilter } from './contract.ts';
import { expressions } from './filters.ts';
import { pcapFilter } from './libpcap.ts';

type Endpoint = Parameters<typeof expressions>[0][number];

/**
 * `mirrorFilter` with a say for the operator: of the packets of clients only those that match `expression`, in libpcap's language. What the services
 * answer and what copies say stays in. libpcap knows no direction of a packet that begins at its IP header, and keeps packets whole. Throws libpcap's words.
 */
export function mirrorFilterOf(listens: readonly Endpoint[], targets: readonly Endpoint[], expression: string): CaptureFilter {
  pcapFilter(expression); // by itself, so that no bracket of it closes one of ours
  if (listens.length === 0) return pcapFilter('less 0');
  const fromClients = `(${expression}) and (${expressions(listens, 'dst').join(' or ')})`;
  return pcapFilter([`(${fromClients})`, ...expressions(listens, 'src'), ...expressions(targets, 'dst')].join(' or '));
}
