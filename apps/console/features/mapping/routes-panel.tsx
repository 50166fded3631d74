'use client';
import type { AgentView, MappingView } from '@parallax/protocol';
import { useState } from 'react';
import { Command } from '../../components/ui/command.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Input } from '../../components/ui/input.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { Select } from '../../components/ui/select.tsx';
import { portRouteCommands, routeCommands } from '../../lib/command-lines.ts';
import { useLive } from '../live/use-live.ts';

/** An address of the assistant's that the target can route to: of the target's own IP version, on the interface of the relay where there is one. */
function nextHop(assistant: AgentView | undefined, isIpv6: boolean): string | undefined {
  const fits = (address: string) => address.includes(':') === isIpv6 && !address.startsWith('fe80');
  const relay = assistant?.relay?.address;
  if (relay !== undefined && fits(relay)) return relay;
  const interfaces = assistant?.facts?.interfaces.filter(({ name }) => name !== 'lo') ?? [];
  const near = interfaces.filter(({ addresses }) => addresses.some(({ address }) => address === relay));
  return [...near, ...interfaces].flatMap(({ addresses }) => addresses.map(({ address }) => address)).find(fits);
}

/** Whoever copies come from: the clients, unless others stand for them, and the pool, as far as it is of the target's IP version. */
function clientNetworks({ sources, target }: MappingView, clientNet: string): string[] {
  const fits = (network: string) => network.includes(':') === target.address.includes(':');
  const { identity, address, pool, loopbackAs } = sources;
  const own = identity === 'client' ? [clientNet, ...(loopbackAs === null ? [] : [loopbackAs])] : identity === 'address' ? [address ?? ''] : [];
  return [...own, ...pool.filter(fits)];
}

/** What the target server needs so that its answers reach the assistant and never a client. */
export function RoutesPanel({ mapping }: { mapping: MappingView }) {
  const assistant = useLive((state) => state.agents.get(mapping.assistantAgentId));
  const [clientNet, setClientNet] = useState('');
  const [kind, setKind] = useState<'net' | 'port'>('net');
  const via = nextHop(assistant, mapping.target.address.includes(':')) ?? 'ASSISTANT';
  const networks = clientNetworks(mapping, clientNet.trim() || 'CLIENT_NET');
  const commands = kind === 'net' ? routeCommands({ networks, assistant: via }) : portRouteCommands({ assistant: via, target: mapping.target });
  return (
    <Panel title="Routes" note={<>for the target server {mapping.target.address}</>}>
      <div className="flex flex-col gap-3">
        <p className="text-xs text-soft">
          The target sees real clients as its peers. Without this its answers would go to them; with it they end at the assistant
          {assistant?.relay ? '' : ', whose address is known once it has connected'}.
        </p>
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Clients are">
            <Select value={kind} onChange={(event) => setKind(event.target.value as 'net' | 'port')}>
              <option value="net">in another network</option>
              <option value="port">in the target’s own subnet</option>
            </Select>
          </Field>
          {kind === 'net' && (
            <Field label="Client network">
              <Input className="mono" placeholder="CLIENT_NET" value={clientNet} onChange={(event) => setClientNet(event.target.value)} />
            </Field>
          )}
        </div>
        <div>
          <div className="mb-1 text-xs font-medium">Apply on the target</div>
          <Command label="Route command" text={commands.apply} />
        </div>
        <div>
          <div className="mb-1 text-xs font-medium">Revert</div>
          <Command label="Route revert command" text={commands.revert} />
        </div>
      </div>
    </Panel>
  );
}
