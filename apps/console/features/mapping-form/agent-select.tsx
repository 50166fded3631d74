import type { AgentRole, AgentView } from '@parallax/protocol';
import type { ComponentProps } from 'react';
import { Select } from '../../components/ui/select.tsx';

type Props = Omit<ComponentProps<'select'>, 'role'> & { agentRole: AgentRole; agents: readonly AgentView[] };

/** The agents of one role, each with whether it is there. */
export function AgentSelect({ agentRole, agents, ...props }: Props) {
  const fitting = agents.filter((agent) => agent.role === agentRole);
  return (
    <Select {...props}>
      <option value="">{fitting.length === 0 ? `no ${agentRole} agent has been added yet` : `choose the ${agentRole} agent`}</option>
      {fitting.map((agent) => (
        <option key={agent.id} value={agent.id}>
          {agent.name} ({agent.connected ? `connected, ${agent.facts?.hostname}` : agent.sinceMs === null ? 'never connected' : 'not connected'})
        </option>
      ))}
    </Select>
  );
}
