'use client';
import { type AgentRole, type CreateAgentAnswer, CreateAgentRequest } from '@parallax/protocol';
import { useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Dialog } from '../../components/ui/dialog.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Input } from '../../components/ui/input.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { Select } from '../../components/ui/select.tsx';
import { ApiFailure, callApi } from '../../lib/api-client.ts';
import { JoinCommand } from './join-command.tsx';

type Props = { role: AgentRole; onClose: () => void };

/** Makes a place for an agent, then waits with the operator until it has come. */
export function AddAgentDialog({ role: firstRole, onClose }: Props) {
  const [role, setRole] = useState(firstRole);
  const [name, setName] = useState('');
  const [failure, setFailure] = useState<{ field: string | null; message: string } | null>(null);
  const [made, setMade] = useState<CreateAgentAnswer | null>(null);
  const checked = CreateAgentRequest.safeParse({ name, role });
  const typed = name === '' || checked.success ? undefined : checked.error.issues[0]?.message;

  const create = async () => {
    if (!checked.success) return setFailure({ field: 'name', message: checked.error.issues[0]!.message });
    try {
      setMade(await callApi<CreateAgentAnswer>('POST', '/agents', checked.data));
    } catch (error) {
      const { field, message } = error as ApiFailure;
      setFailure({ field: error instanceof ApiFailure ? field : null, message });
    }
  };

  if (made) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={`Start ${made.name}`}
        description="Run this on its server, as root or with CAP_NET_RAW. The token is shown only now."
      >
        <JoinCommand made={made} onDone={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog open onOpenChange={onClose} title="Add agent">
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <Field
          label="Role"
          hint={
            role === 'online'
              ? 'Runs on the server your clients use; reads its traffic and sends the copies.'
              : 'Runs on the server to which the target’s answers are routed.'
          }
        >
          <Select value={role} onChange={(event) => setRole(event.target.value as AgentRole)}>
            <option value="online">Online agent</option>
            <option value="assistant">Assistant agent</option>
          </Select>
        </Field>
        <Field
          label="Agent name"
          error={failure?.field === 'name' ? failure.message : typed}
          hint="How pages call it, such as web-1. Letters, digits, dot, dash and underscore."
        >
          <Input
            value={name}
            autoFocus
            onChange={(event) => {
              setName(event.target.value);
              setFailure(null);
            }}
          />
        </Field>
        {failure && failure.field !== 'name' && <Notice tone="bad">{failure.message}</Notice>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            Add agent
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
