'use client';
import type { MappingView } from '@parallax/protocol';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { cn } from '../../lib/class-names.ts';
import { formatCount, plural } from '../../lib/format.ts';
import { useAgentSamples, useConsoleNow, useLive } from '../live/use-live.ts';
import { packetRows } from './packets.ts';

const minuteMs = 60_000;
const inks = { online: 'text-online', assistant: 'text-soft' };

/** What both agents captured, sent and lost, whichever mapping it belongs to. */
export function PacketsPanel({ mapping }: { mapping: MappingView }) {
  const nowMs = useConsoleNow();
  const online = useAgentSamples(mapping.onlineAgentId);
  const assistant = useAgentSamples(mapping.assistantAgentId);
  const names = {
    online: useLive((state) => state.agents.get(mapping.onlineAgentId)?.name) ?? 'online agent',
    assistant: useLive((state) => state.agents.get(mapping.assistantAgentId)?.name) ?? 'assistant agent',
  };
  const [showsAll, setShowsAll] = useState(false);
  const rows = packetRows([...online, ...assistant], (nowMs ?? 0) - minuteMs);
  const shown = rows.filter(({ isLoss, isNow, count }) => !isLoss || count > 0 || isNow || showsAll);
  return (
    <Panel
      title="Packets"
      note="last minute, all mappings of both agents"
      actions={
        rows.length > 0 && (
          <Button size="small" look="quiet" aria-pressed={showsAll} onClick={() => setShowsAll(!showsAll)}>
            {showsAll ? 'Losses only' : 'Every count'}
          </Button>
        )
      }
    >
      {rows.length === 0 ? (
        <p className="text-[13px] text-soft">No agent has told any for a minute. Connected agents tell once a second.</p>
      ) : (
        <table data-testid="packets-table" aria-label="Packets" className="w-full text-[13px]">
          <thead className="sr-only">
            <tr>
              <th scope="col">Agent</th>
              <th scope="col">What</th>
              <th scope="col">Count</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.key} data-packets={row.key} data-count={row.count} className="align-baseline [&>*]:py-0.5">
                <td className={cn('hidden pr-3 whitespace-nowrap sm:table-cell', inks[row.host])}>{names[row.host]}</td>
                <th scope="row" className="text-left font-normal">
                  {row.label} <span className="text-xs text-faint">{row.means}</span>
                </th>
                <td className={cn('pl-3 text-right whitespace-nowrap', row.isLoss && row.count > 0 && 'text-bad')}>
                  {row.unit === 'packet' ? formatCount(row.count) : plural(row.count, row.unit)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
