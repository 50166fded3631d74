import type { AgentView, MappingInput } from '@parallax/protocol';
import { Command } from '../../components/ui/command.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { standAloneCommands } from '../../lib/command-lines.ts';

type Props = { /** Null while something is missing. */ sketch: MappingInput | null; assistant: AgentView | undefined };

/** The same mapping as two commands, for who would rather not have a console. */
export function StandAlone({ sketch, assistant }: Props) {
  const commands = sketch === null ? null : standAloneCommands({ ...sketch, relay: assistant?.relay ?? null });
  return (
    <Panel title="The same without a console">
      {commands !== null ? (
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
