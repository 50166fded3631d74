'use client';
import { OctagonX } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { Button } from '../../components/ui/button.tsx';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.tsx';
import { callApi } from '../../lib/api-client.ts';
import { plural } from '../../lib/format.ts';
import { useLive } from '../live/use-live.ts';

/** Ends all copying, from every page. */
export function StopAll() {
  const [isOpen, setOpen] = useState(false);
  const statuses = useLive((state) => state.statuses);
  const definitions = useLive((state) => state.definitions);
  const running = [...statuses.values()].filter((status) => status.desired === 'running');
  const stop = async () => {
    const { stopped } = await callApi<{ stopped: unknown[] }>('POST', '/stop-all');
    toast.success(`Stopped ${plural(stopped.length, 'mapping')}`);
  };
  return (
    <>
      <Button
        look="danger"
        size="small"
        disabled={running.length === 0}
        title={running.length === 0 ? 'No mapping is running' : undefined}
        onClick={() => setOpen(true)}
      >
        <OctagonX /> Stop all
      </Button>
      <ConfirmDialog
        open={isOpen}
        onOpenChange={setOpen}
        title={`Stop ${plural(running.length, 'mapping')}?`}
        action={`Stop ${plural(running.length, 'mapping')}`}
        onConfirm={stop}
      >
        <p>Nothing more is sent to the target servers. Clients and online servers do not notice.</p>
        <ul className="mt-2 list-disc pl-5">
          {running.map((status) => (
            <li key={status.id}>{definitions.get(status.id)?.name ?? status.id}</li>
          ))}
        </ul>
      </ConfirmDialog>
    </>
  );
}
