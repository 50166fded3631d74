import { cn } from '../../lib/class-names.ts';
import type { DataColumn } from './data-table.tsx';

export type FiguresRow = { name: string; values: { text: string; value: number | null }[] };

type Props = { label: string; testId: string; nameColumn: string; columns: readonly DataColumn[]; rows: readonly FiguresRow[]; isShown: boolean };

const inks = { online: 'text-online', target: 'text-target' };

/** What a chart without a time axis draws, as a table: always there for who cannot see the chart, on demand for everybody. */
export function FiguresTable({ label, testId, nameColumn, columns, rows, isShown }: Props) {
  return (
    <div className={isShown ? 'max-h-[26rem] overflow-auto' : 'sr-only'}>
      <table data-testid={testId} aria-label={label} className="w-full text-xs">
        <thead className="sticky top-0 bg-panel">
          <tr className="[&>th]:px-2 [&>th]:py-1 [&>th]:text-right [&>th]:font-medium">
            <th scope="col" className="!text-left text-faint">
              {nameColumn}
            </th>
            {columns.map((column) => (
              <th key={column.label} scope="col" className={column.color ? inks[column.color] : 'text-faint'}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name} data-name={row.name} className={cn('border-t border-line [&>td]:px-2 [&>td]:py-0.5 [&>td]:text-right')}>
              <th scope="row" className="px-2 text-left font-normal whitespace-nowrap text-soft">
                {row.name}
              </th>
              {row.values.map((value, index) => (
                <td key={columns[index]!.label} data-value={value.value ?? ''}>
                  {value.text}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
