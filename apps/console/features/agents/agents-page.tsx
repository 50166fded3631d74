'use client';
import type { AgentRole, AgentView } from '@parallax/protocol';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { useLive } from '../live/use-live.ts';
import { AddAgentDialog } from './add-agent-dialog.tsx';
import { AgentRow } from './agent-row.tsx';
import { DeleteAgentDialog } from './delete-agent-dialog.tsx';

const columns = ['Agent', 'Connection', 'Packet path', 'What it runs', 'Host', 'Rights', 'Version'];

export function AgentsPage({ add }: { add: AgentRole | null }) {
  const agents = [...useLive((state) => state.agents).values()].sort((a, b) => a.name.localeCompare(b.name));
  const [adding, setAdding] = useState<AgentRole | null>(add);
  const [deleting, setDeleting] = useState<AgentView | null>(null);
  return (
    <>
      <h1 className="sr-only">Agents</h1>
      <Panel
        title="Agents"
        note="online agents send copies, assistants take the target’s answers"
        isFlush
        actions={
          <Button look="primary" size="small" onClick={() => setAdding('online')}>
            <Plus /> Add agent
          </Button>
        }
      >
        {agents.length === 0 ? (
          <div className="px-4 py-10 text-center text-[13px] text-soft">
            <p className="font-medium text-text">No agent has been added</p>
            <p className="mx-auto mt-1 max-w-lg">
              Add one online agent on the server your clients use and one assistant on the server that takes the target’s answers. Adding gives you the exact
              command to start it with.
            </p>
          </div>
        ) : (
          <div className="relative overflow-x-auto">
            <table className="rows-as-cards w-full text-[13px]" aria-label="Agents">
              <thead>
                <tr className="text-left text-xs text-faint [&>th]:px-3 [&>th]:py-2 [&>th]:font-medium">
                  {columns.map((column) => (
                    <th key={column} scope="col">
                      {column}
                    </th>
                  ))}
                  <th>
                    <span className="sr-only">Delete</span>
                  </th>
                </tr>
              </thead>
              {agents.map((agent) => (
                <AgentRow key={agent.id} agent={agent} onDelete={() => setDeleting(agent)} />
              ))}
            </table>
          </div>
        )}
      </Panel>
      {adding !== null && <AddAgentDialog role={adding} onClose={() => setAdding(null)} />}
      {deleting !== null && <DeleteAgentDialog agent={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}
