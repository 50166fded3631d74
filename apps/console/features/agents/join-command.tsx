'use client';
import type { CreateAgentAnswer } from '@parallax/protocol';
import { Button } from '../../components/ui/button.tsx';
import { Command } from '../../components/ui/command.tsx';
import { Notice } from '../../components/ui/notice.tsx';
import { StateBadge } from '../../components/ui/state-badge.tsx';
import { agentCommand } from '../../lib/command-lines.ts';
import { formatDuration } from '../../lib/format.ts';
import { useConsoleNow, useLive } from '../live/use-live.ts';

type Props = { made: CreateAgentAnswer; onDone: () => void };

/** The command that starts a new agent, and whether it has connected. */
export function JoinCommand({ made, onDone }: Props) {
  const agent = useLive((state) => state.agents.get(made.id));
  const nowMs = useConsoleNow();
  const leftMs = nowMs === null ? null : made.expiresAtMs - nowMs;
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(location.hostname);
  return (
    <div className="flex flex-col gap-3">
      <Command label={`Command that starts ${made.name}`} text={agentCommand(made.role, made.token, location.origin)} />
      <p className="text-xs text-faint">
        Put the interface that carries the traffic after <code className="mono">-i</code>. To keep the token out of the process list and the shell’s history,
        put it into a file and use <code className="mono">--token-file FILE</code> instead of <code className="mono">PARALLAX_TOKEN</code>.
      </p>
      {isLocal && !agent?.connected && (
        <Notice tone="info">
          <span className="mono">{location.host}</span> is reached from this host only. For an agent elsewhere, start the console with{' '}
          <code className="mono">--listen</code> on an address that it reaches, and open this page there.
        </Notice>
      )}
      <div className="flex items-center justify-between gap-3 border-t border-line pt-3" aria-live="polite">
        {agent?.connected ? (
          <span className="flex items-center gap-2 text-[13px]">
            <StateBadge state="connected" text="connected" /> from {agent.facts?.hostname}
          </span>
        ) : leftMs !== null && leftMs <= 0 ? (
          <span className="text-[13px] text-bad">The token has expired unused. Delete this agent and add it again.</span>
        ) : (
          <span className="flex items-center gap-2 text-[13px] text-soft">
            <StateBadge state="starting" text="waiting" /> for {made.name}
            {leftMs !== null && `; the unused token expires in ${formatDuration(leftMs)}`}
          </span>
        )}
        <Button look={agent?.connected ? 'primary' : 'plain'} onClick={onDone}>
          {agent?.connected ? 'Done' : 'Close'}
        </Button>
      </div>
    </div>
  );
}
