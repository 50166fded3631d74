'use client';
import { Plus } from 'lucide-react';
import Link from 'next/link';
import { Button } from '../../components/ui/button.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { plural } from '../../lib/format.ts';
import { useConsoleNow, useLive } from '../live/use-live.ts';
import { FirstSteps } from './first-steps.tsx';
import { MappingRow } from './mapping-row.tsx';

const columns = ['Mapping', 'State', 'Online', 'Target', 'Copies', 'p50, last minute', 'p99, last minute', ''];

/** Every mapping at a glance; until there is one, how to get there. */
export function Overview() {
  const definitions = useLive((state) => state.definitions);
  const statuses = useLive((state) => state.statuses);
  const nowMs = useConsoleNow();
  const mappings = [...definitions.values()].sort((a, b) => a.name.localeCompare(b.name));
  if (mappings.length === 0) return <FirstSteps />;
  const running = [...statuses.values()].filter((status) => status.desired === 'running').length;
  return (
    <>
      <h1 className="sr-only">Overview</h1>
      <Panel
        title="Mappings"
        note={`${running} of ${plural(mappings.length, 'mapping')} started`}
        isFlush
        actions={
          <Button asChild look="primary" size="small">
            <Link href="/mappings/new">
              <Plus /> New mapping
            </Link>
          </Button>
        }
      >
        <div className="relative overflow-x-auto">
          <table className="rows-as-cards w-full text-[13px]" aria-label="Mappings">
            <thead>
              <tr className="text-left text-xs text-faint [&>th]:px-3 [&>th]:py-2 [&>th]:font-medium">
                {columns.map((column, index) => (
                  <th key={column} scope="col" className={index >= 2 ? 'text-right' : ''}>
                    {column || <span className="sr-only">Start or stop</span>}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {mappings.map((mapping) => (
                <MappingRow key={mapping.id} mapping={mapping} nowMs={nowMs} />
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
    </>
  );
}
