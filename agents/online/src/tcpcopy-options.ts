// Options of tcpcopy that have no counterpart: refused with the reason, so that nobody believes they do something. docs/coming-from-tcpcopy.md lists all.
import { type Command, InvalidArgumentError, Option } from 'commander';

/** By letter; `value` if tcpcopy takes one. */
export const refusedOptions: Record<string, { hasValue: boolean; because: string }> = {
  C: { hasValue: true, because: 'one encrypted connection to each assistant carries all answers; leave -C out' },
  L: { hasValue: false, because: 'while an assistant is away nothing new is sent, because its answers could not be heard; leave -L out' },
  m: { hasValue: true, because: 'memory is bounded by --max-memory MIB' },
  B: { hasValue: true, because: 'the packet ring has a fixed size of 16 MiB; leave -B out' },
  S: { hasValue: true, because: 'requests must be captured whole to be said again; leave -S out' },
  U: { hasValue: true, because: 'sessions have no memory of their own to be sized; leave -U out' },
  o: { hasValue: true, because: 'copies leave by the interface of the route to the target; set a route, or choose how to send with --tx' },
  a: { hasValue: true, because: 'recordings are not replayed; mirror live traffic' },
  I: { hasValue: true, because: 'recordings are not replayed; mirror live traffic' },
};

/** Add them, unseen by --help. */
export function refuseTcpcopyOptions(command: Command): void {
  for (const [letter, { hasValue, because }] of Object.entries(refusedOptions)) {
    const refuse = (): never => {
      throw new InvalidArgumentError(`it is an option of tcpcopy without a counterpart: ${because}.`);
    };
    const option = new Option(hasValue ? `-${letter} <value>` : `-${letter}`).hideHelp();
    command.addOption(hasValue ? option.argParser(refuse) : option);
    if (!hasValue)
      command.on(`option:${letter}`, () => command.error(`error: -${letter}: it is an option of tcpcopy without a counterpart: ${because}`, { exitCode: 2 }));
  }
}
