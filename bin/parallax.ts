// One command for everything; heavy parts are loaded when they are asked for.
import { constants } from 'node:os';
import { assistantCommand } from '@parallax/agent-assistant';
import { USAGE, VERSION } from '@parallax/agent-kit';
import { onlineCommand } from '@parallax/agent-online';
import { labCommand } from '@parallax/lab';
import { Command, CommanderError } from 'commander';
import { consoleCommand } from '../apps/console/command.ts';
import { verdictCommand } from '../apps/console/verdict/command.ts';

const program = new Command('parallax')
  .description('Replicates live TCP traffic to a target server, keeps the client’s address, hides the answers, and compares both servers.')
  .enablePositionalOptions()
  .version(VERSION, '-V, --version')
  .addCommand(consoleCommand(VERSION))
  .addCommand(onlineCommand())
  .addCommand(assistantCommand())
  .addCommand(verdictCommand())
  .addCommand(labCommand())
  .showHelpAfterError('(--help shows every option)');

for (const command of program.commands) command.copyInheritedSettings(program);
for (const command of [program, ...program.commands]) command.exitOverride();

// Nobody reads any more (`parallax online --stats | head`): end in order, as when told to. Without readers of its log it goes on.
process.stdout.once('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.stdout.on('error', () => {});
  if (process.listenerCount('SIGTERM') === 0) process.exit(128 + constants.signals.SIGPIPE); // nothing runs that would have to be ended
  process.kill(process.pid, 'SIGTERM');
});
process.stderr.on('error', () => {});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : USAGE;
}
