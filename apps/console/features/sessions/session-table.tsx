'use client';
import type { MappingView, SessionRow } from '@parallax/protocol';
import { flexRender, getCoreRowModel, getFilteredRowModel, getSortedRowModel, type SortingState, useReactTable } from '@tanstack/react-table';
import { ArrowDown, ArrowUp, ChevronRight } from 'lucide-react';
import { Fragment, useMemo, useState } from 'react';
import { cn } from '../../lib/class-names.ts';
import { formatCount } from '../../lib/format.ts';
import { useQuery } from '../../lib/use-query.ts';
import { useConsoleNow, useSessions, useStatus } from '../live/use-live.ts';
import { sessionColumns } from './columns.tsx';
import { SessionDetails } from './session-details.tsx';
import { SessionLadder } from './session-ladder.tsx';

type Props = { mapping: MappingView /** Show only the first so many. */; limit?: number /** Part of a client's address. */; filter?: string };

const isNumber = (meta: unknown) => (meta as { isNumber?: boolean } | undefined)?.isNumber === true;
const none: SessionRow[] = [];

/** The sessions that are open now; a row opens to its copies. Which one is stands in the address. */
export function SessionTable({ mapping, limit, filter = '' }: Props) {
  const sessions = useSessions(mapping.id);
  const status = useStatus(mapping.id);
  const nowMs = useConsoleNow();
  const [sorting, setSorting] = useState<SortingState>([]);
  const [opened, setOpened] = useQuery('session');
  const data = sessions?.rows ?? none;
  const filters = useMemo(() => (filter === '' ? [] : [{ id: 'client', value: filter }]), [filter]);
  const table = useReactTable({
    data,
    columns: sessionColumns,
    getRowId: (session) => session.id,
    state: { sorting, columnFilters: filters },
    onSortingChange: setSorting,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    getFilteredRowModel: getFilteredRowModel(),
  });
  const rows = table.getRowModel().rows;
  const shown = limit === undefined ? rows : rows.slice(0, limit);
  const isOld = sessions !== null && nowMs !== null && nowMs - sessions.atMs > 5_000;

  if (!sessions) {
    const waits = status?.desired === 'running' ? 'Waiting for the online agent to list the sessions.' : 'No session is followed: the mapping is stopped.';
    return <p className="p-4 text-[13px] text-soft">{waits}</p>;
  }
  if (isOld && sessions.total === 0)
    return (
      <p className="p-4 text-[13px] text-soft">
        {status?.desired === 'running' ? 'Not known: the online agent has not told for some seconds.' : 'No session is followed: the mapping is stopped.'}
      </p>
    );
  if (sessions.total === 0) return <p className="p-4 text-[13px] text-soft">No session is open. It appears here as soon as a client connects.</p>;
  return (
    <div className={cn('relative overflow-x-auto', isOld && 'grayscale')}>
      <table className="w-full text-[13px]" aria-label="Sessions" data-testid="session-table">
        <thead>
          <tr className="text-xs text-faint">
            <th className="w-8">
              <span className="sr-only">Copies</span>
            </th>
            {table.getFlatHeaders().map((header) => {
              const sorted = header.column.getIsSorted();
              return (
                <th
                  key={header.id}
                  scope="col"
                  aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none'}
                  className={cn('px-2.5 py-2 font-medium whitespace-nowrap', isNumber(header.column.columnDef.meta) ? 'text-right' : 'text-left')}
                >
                  <button type="button" className="inline-flex min-h-6 items-center gap-1 hover:text-text" onClick={header.column.getToggleSortingHandler()}>
                    {flexRender(header.column.columnDef.header, header.getContext())}
                    {sorted === 'asc' && <ArrowUp aria-hidden className="size-3" />}
                    {sorted === 'desc' && <ArrowDown aria-hidden className="size-3" />}
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => {
            const isOpen = opened === row.id;
            return (
              <Fragment key={row.id}>
                <tr data-testid="session-row" className="border-t border-line align-top hover:bg-raised/50">
                  <td className="py-1.5 pl-3">
                    <button
                      type="button"
                      className="-m-1 p-1"
                      aria-expanded={isOpen}
                      aria-label={`Copies of ${row.getValue('client')}`}
                      onClick={() => setOpened(isOpen ? null : row.id)}
                    >
                      <ChevronRight aria-hidden className={cn('size-4 text-faint transition-transform', isOpen && 'rotate-90')} />
                    </button>
                  </td>
                  {row.getVisibleCells().map((cell) => (
                    <td key={cell.id} className={cn('px-2.5 py-1.5', isNumber(cell.column.columnDef.meta) && 'text-right whitespace-nowrap')}>
                      {flexRender(cell.column.columnDef.cell, cell.getContext())}
                    </td>
                  ))}
                </tr>
                {isOpen && (
                  <tr>
                    <td colSpan={sessionColumns.length + 1} className="border-t border-line bg-raised/40 px-10 py-3">
                      <SessionDetails session={row.original} />
                      <SessionLadder session={row.original} />
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
      <p className="border-t border-line px-4 py-2 text-xs text-faint">
        {formatCount(shown.length)} of {formatCount(sessions.total)} open sessions shown
        {filter !== '' && `, filtered by “${filter}” among the newest ${formatCount(sessions.rows.length)}`}
        {opened !== null && !sessions.rows.some(({ id }) => id === opened) && '; the session in the address is not among them any more'}
        {isOld && <span className="text-warn">; the list has not been renewed for some seconds</span>}
      </p>
    </div>
  );
}
