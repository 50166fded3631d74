'use client';
import type { MappingView } from '@parallax/protocol';
import { Play, Square } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { Button } from '../../components/ui/button.tsx';
import { callApi } from '../../lib/api-client.ts';
import { useStatus } from '../live/use-live.ts';
import { StartDialog } from './start-dialog.tsx';

type Props = { mapping: MappingView; size?: 'normal' | 'small' };

/** Stop is one click; start first shows what it will do. */
export function StartStop({ mapping, size = 'normal' }: Props) {
  const [isAsking, setAsking] = useState(false);
  const [isStopping, setStopping] = useState(false);
  const status = useStatus(mapping.id);
  const stop = async () => {
    setStopping(true);
    try {
      await callApi('POST', `/mappings/${mapping.id}/stop`);
    } catch (error) {
      toast.error((error as Error).message);
    } finally {
      setStopping(false);
    }
  };
  if ((status?.desired ?? mapping.desired) === 'running') {
    return (
      <Button size={size} look="danger" disabled={isStopping} aria-label={`Stop ${mapping.name}`} onClick={stop}>
        <Square /> Stop
      </Button>
    );
  }
  return (
    <>
      <Button size={size} aria-label={`Start ${mapping.name}`} onClick={() => setAsking(true)}>
        <Play /> Start
      </Button>
      <StartDialog mapping={mapping} open={isAsking} onOpenChange={setAsking} />
    </>
  );
}
