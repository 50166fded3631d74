'use client';
import type { AgentView } from '@parallax/protocol';
import { toast } from 'sonner';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.tsx';
import { callApi } from '../../lib/api-client.ts';

type Props = { agent: AgentView; onClose: () => void };

export function DeleteAgentDialog({ agent, onClose }: Props) {
  const remove = async () => {
    await callApi('DELETE', `/agents/${agent.id}`);
    toast.success(`Deleted ${agent.name}`);
  };
  return (
    <ConfirmDialog open onOpenChange={(open) => open || onClose()} title={`Delete agent ${agent.name}?`} action="Delete agent" onConfirm={remove}>
      Its token stops working{agent.connected && ' and its connection ends now'}. To bring it back, add it again with a new token.
    </ConfirmDialog>
  );
}
