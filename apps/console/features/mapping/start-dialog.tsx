'use client';
import type { MappingView } from '@parallax/protocol';
import { everySession } from '@parallax/protocol';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { callApi } from '../../lib/api-client.ts';
import { copyingWords, portsWords, targetWords } from '../../lib/mapping-words.ts';
import { MappingForecast } from '../forecast/mapping-forecast.tsx';
import { useLive } from '../live/use-live.ts';

type Props = { mapping: MappingView; open: boolean; onOpenChange: (open: boolean) => void };

const pacingWords = {
  response: 'A copy says its next words when the target has answered the last ones.',
  timing: 'A copy keeps the client’s own pauses.',
  window: 'A copy sends as fast as the target takes it.',
};

const midStreamWords = {
  boundary: 'Connections that are open already are copied from their next request on.',
  immediate: 'Connections that are open already are copied from their next byte on, even in the middle of a request.',
  skip: 'Connections that are open already are not copied.',
};

/** What will be sent where, how much, for how long: before anything is. */
export function StartDialog({ mapping, open, onOpenChange }: Props) {
  const agents = useLive((state) => state.agents);
  const online = agents.get(mapping.onlineAgentId);
  const assistant = agents.get(mapping.assistantAgentId);
  const isEvery = JSON.stringify(mapping.selection) === JSON.stringify(everySession);
  const away = [online, assistant].filter((agent) => agent && !agent.connected);
  const listen = mapping.listen.address === null ? `port ${portsWords(mapping.listen)}` : targetWords({ ...mapping.listen, address: mapping.listen.address });
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Start “${mapping.name}”?`}
      action="Start copying"
      look="primary"
      onConfirm={async () => void (await callApi('POST', `/mappings/${mapping.id}/start`))}
    >
      <p className="text-text">
        {isEvery ? 'Each session' : 'Of the sessions'} that clients open to <span className="mono text-online">{online?.name}</span> on{' '}
        <span className="mono text-online">{listen}</span>
        {isEvery ? '' : ', those selected'} {isEvery ? 'is' : 'are'} sent <strong>{mapping.multiplier === 1 ? 'once' : `${mapping.multiplier} times`}</strong>{' '}
        to <span className="mono text-target">{targetWords(mapping.target)}</span>: {copyingWords(mapping)}.
      </p>
      <ul className="mt-3 list-disc space-y-1 pl-5">
        <li>{pacingWords[mapping.pacing]}</li>
        <li>{midStreamWords[mapping.midStream]}</li>
        {mapping.adapter !== 'turns' && <li>Both agents read the payload of answers to tell requests apart; only names of requests and times leave them.</li>}
        <li>
          The target must route its answers to clients through {assistant?.name}
          {assistant?.relay && (
            <>
              {' '}
              at <span className="mono">{assistant.relay.address}</span>
            </>
          )}
          ; the mapping’s page has the command.
        </li>
        <li>It runs until somebody stops it. If {online?.name} loses this console, it stops by itself when its lease ends.</li>
      </ul>
      {open && (
        <div className="mt-3 rounded-md border border-line p-3">
          <MappingForecast mapping={mapping} id={mapping.id} />
        </div>
      )}
      {away.length > 0 && (
        <Notice tone="warn" className="mt-3">
          {away.map((agent) => agent?.name).join(' and ')} {away.length === 1 ? 'is' : 'are'} not connected: copying begins once{' '}
          {away.length === 1 ? 'it is' : 'both are'}.
        </Notice>
      )}
    </ConfirmDialog>
  );
}
