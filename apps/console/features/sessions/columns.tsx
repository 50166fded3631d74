'use client';
import type { SessionRow } from '@parallax/protocol';
import { formatEndpoint } from '@parallax/protocol';
import { createColumnHelper } from '@tanstack/react-table';
import { Instant } from '../../components/ui/instant.tsx';
import { formatBytes, formatDifference, formatLatency } from '../../lib/format.ts';
import { difference } from '../mapping/figures.ts';
import { CopiesCell } from './copies-cell.tsx';

const column = createColumnHelper<SessionRow>();

/** The middle one of the copies' last latencies. */
export function targetLatency(session: SessionRow): number | null {
  const known = session.copies.flatMap((copy) => (copy.lastLatencyUs === null ? [] : [copy.lastLatencyUs])).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? null;
}

const heldReason = (session: SessionRow) => session.copies.find((copy) => copy.held !== null)?.held ?? null;

export const sessionColumns = [
  column.accessor((session) => formatEndpoint(session.client), {
    id: 'client',
    header: 'Client',
    cell: (cell) => <span className="mono">{cell.getValue()}</span>,
  }),
  column.accessor('openedAtMs', { header: 'Opened', cell: (cell) => <Instant atMs={cell.getValue()} /> }),
  column.accessor('state', { header: 'State' }),
  column.accessor('bytesFromClient', { header: 'From client', meta: { isNumber: true }, cell: (cell) => formatBytes(cell.getValue()) }),
  column.accessor('bytesFromOnline', { header: 'From online', meta: { isNumber: true }, cell: (cell) => formatBytes(cell.getValue()) }),
  column.accessor((session) => session.lastLatencyUs ?? undefined, {
    id: 'online',
    header: 'Last, online',
    sortUndefined: 'last',
    meta: { isNumber: true },
    cell: (cell) => <span className="text-online">{formatLatency(cell.getValue() ?? null)}</span>,
  }),
  column.accessor((session) => targetLatency(session) ?? undefined, {
    id: 'target',
    header: 'Last, target',
    sortUndefined: 'last',
    meta: { isNumber: true },
    cell: (cell) => <span className="text-target">{formatLatency(cell.getValue() ?? null)}</span>,
  }),
  column.accessor((session) => difference(session.lastLatencyUs, targetLatency(session)) ?? undefined, {
    id: 'difference',
    header: 'Difference',
    sortUndefined: 'last',
    meta: { isNumber: true },
    cell: (cell) => <span className="text-soft">{formatDifference(cell.getValue() ?? null)}</span>,
  }),
  column.accessor((session) => session.copies.length, {
    id: 'copies',
    header: 'Copies, by port',
    cell: (cell) => <CopiesCell copies={cell.row.original.copies} />,
  }),
  column.accessor((session) => heldReason(session) ?? undefined, {
    id: 'held',
    header: 'Held because',
    sortUndefined: 'last',
    cell: (cell) => <span className="text-xs text-soft">{cell.getValue()}</span>,
  }),
];
