import type { AgentView } from '@parallax/protocol';
import { Command } from '../../components/ui/command.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { standAloneCommands } from '../../lib/command-lines.ts';
import type { FormValues } from './form-values.ts';

type Props = { values: FormValues; assistant: AgentView | undefined };

/** The same mapping as two commands, for who would rather not have a console. */
export function StandAlone({ values, assistant }: Props) {
  const commands = standAloneCommands({
    listen: { address: values.listen.address.trim() || null, port: Number(values.listen.port) || 0 },
    target: { address: values.target.address.trim(), port: Number(values.target.port) || 0 },
    multiplier: Number(values.multiplier) || 1,
    midStream: values.midStream,
    relay: assistant?.relay ?? null,
  });
  const isReady = values.listen.port !== '' && values.target.address !== '' && values.target.port !== '';
  return (
    <Panel title="The same without a console">
      {isReady ? (
        <div className="flex flex-col gap-2">
          <p className="text-xs text-soft">On the assistant server, then on the online server, with the same key file on both:</p>
          <Command label="Stand-alone assistant command" text={commands.assistant} />
          <Command label="Stand-alone online command" text={commands.online} />
        </div>
      ) : (
        <p className="text-[13px] text-soft">Fill in ports and the target’s address to see the commands that do the same.</p>
      )}
    </Panel>
  );
}
