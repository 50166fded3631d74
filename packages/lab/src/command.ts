// `parallax lab`: the same lab from a shell.
import { spawn } from 'node:child_process';
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { Lab, resolvePrefix } from './lab.ts';
import { ADDRESS, ADDRESS6, DEFAULT_PREFIX, type Direction, HOSTS, type Host, LabError, type OnOff, PLACES, type Place } from './names.ts';
import { type LabStatus, readStatus } from './status.ts';
import { exitCodeOf, requireRoot, requireTool, systemEnv } from './tools.ts';

const USAGE_ERROR = 2;
const FAILURE = 1;
type Common = { prefix?: string };
/** Where the command speaks and how it ends; tests bring their own. */
export type LabCommandIo = { out(text: string): void; err(text: string): void; exit(code: number): void };
const processIo: LabCommandIo = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  exit: (code) => process.exit(code),
};

/** The `lab` command with all its subcommands. Exit codes: 2 for a wrong command line, 1 for a failure, `exec` passes its program's code on. */
export function labCommand(io: LabCommandIo = processIo): Command {
  const lab = new Command('lab')
    .description('a network of four hosts on this machine, made of network namespaces: client, online, target, assistant')
    .enablePositionalOptions()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showHelpAfterError('(add --help for usage)')
    .exitOverride((error) => io.exit(error.exitCode === 0 ? 0 : USAGE_ERROR));

  /** A failure becomes one line and exit code 1; what commander throws in a test goes through. */
  const guarded =
    <Args extends unknown[]>(action: (...args: Args) => Promise<void>) =>
    async (...args: Args): Promise<void> => {
      try {
        await action(...args);
      } catch (error) {
        if (error instanceof CommanderError) throw error;
        io.err(`parallax lab: ${error instanceof Error ? error.message : String(error)}\n`);
        io.exit(FAILURE);
      }
    };
  const subcommand = (nameAndArgs: string, description: string): Command => lab.command(nameAndArgs).description(description).addOption(prefixOption());
  const onOff = (description: string) => new Argument('<on|off>', description).choices(['on', 'off']);

  subcommand('up', 'build the lab, or repair what is missing of it')
    .addOption(
      new Option('--offload <on|off>', 'checksum and segmentation offloads; off makes captures look as on a wire').choices(['on', 'off']).default('off'),
    )
    .action(
      guarded(async (options: Common & { offload: OnOff }) => {
        const built = await Lab.up({ ...prefixOf(options), offload: options.offload });
        io.out(`the lab "${built.prefix}" is up: ${HOSTS.map((host) => `${host} ${ADDRESS[host]}`).join(', ')}\n`);
      }),
    );

  subcommand('down', 'end what runs in the lab and remove it; no error if there is none').action(
    guarded(async (options: Common) => {
      await Lab.down(prefixOf(options));
      io.out(`the lab "${resolvePrefix(options.prefix)}" is gone\n`);
    }),
  );

  subcommand('status', 'addresses, routes, offloads, loss and processes')
    .option('--json', 'as one JSON object')
    .action(
      guarded(async (options: Common & { json?: boolean }) => {
        requireRoot();
        requireTool('ip');
        const status = await readStatus(resolvePrefix(options.prefix));
        io.out(options.json ? `${JSON.stringify(status, null, 2)}\n` : formatStatus(status));
      }),
    );

  subcommand('exec', 'run a program on a host, with this terminal; its exit code is passed on')
    .addArgument(new Argument('<host>', `one of ${PLACES.join(', ')}`).argParser(parsePlace))
    .argument('<command...>', 'the program and its arguments')
    .passThroughOptions()
    .action(guarded(async (place: Place, words: string[], options: Common) => io.exit(await execInherited(Lab.attach(prefixOf(options)), place, words))));

  subcommand('offload', 'switch checksum, scatter-gather, TSO, GSO and GRO on all hosts')
    .addArgument(onOff('on or off'))
    .action(guarded(async (value: OnOff, options: Common) => Lab.attach(prefixOf(options)).offload(value)));

  subcommand('loss', 'drop a share of the packets at the target; 0 ends it')
    .addArgument(new Argument('<percent>', '0 to 100').argParser(parsePercent))
    .addArgument(new Argument('[direction]', 'which packets').choices(['in', 'out', 'both']).default('in'))
    .action(guarded(async (percent: number, direction: Direction, options: Common) => Lab.attach(prefixOf(options)).loss(percent, direction)));

  subcommand('route', "the target's route of client addresses through the assistant")
    .addArgument(onOff('on or off'))
    .action(guarded(async (value: OnOff, options: Common) => Lab.attach(prefixOf(options)).route(value)));

  subcommand('link', "plug or unplug a host's cable")
    .addArgument(new Argument('<host>', `one of ${HOSTS.join(', ')}`).argParser(parseHostArgument))
    .addArgument(new Argument('<up|down>', 'up or down').choices(['up', 'down']))
    .action(guarded(async (host: Host, state: 'up' | 'down', options: Common) => Lab.attach(prefixOf(options)).link(host, state)));

  subcommand('mtu', 'set the MTU of every interface')
    .addArgument(new Argument('<bytes>', '1280 to 9000').argParser(parseWhole))
    .action(guarded(async (bytes: number, options: Common) => Lab.attach(prefixOf(options)).mtu(bytes)));

  lab.addHelpText('after', `\nHosts:\n${HOSTS.map((host) => `  ${host.padEnd(10)} ${ADDRESS[host].padEnd(11)} ${ADDRESS6[host]}`).join('\n')}`);
  return lab;
}

const prefixOption = () => new Option('--prefix <name>', 'name of the lab; several can exist side by side').env('LAB_PREFIX').default(DEFAULT_PREFIX);
const prefixOf = (options: Common): { prefix?: string } => (options.prefix === undefined ? {} : { prefix: options.prefix });

function parsePlace(name: string): Place {
  const place = PLACES.find((candidate) => candidate === name);
  if (place === undefined) throw new InvalidArgumentError(`There is no host "${name}"; the hosts are ${PLACES.join(', ')}.`);
  return place;
}

function parseHostArgument(name: string): Host {
  const host = HOSTS.find((candidate) => candidate === name);
  if (host === undefined) throw new InvalidArgumentError(`There is no host "${name}"; the hosts are ${HOSTS.join(', ')}.`);
  return host;
}

function parsePercent(text: string): number {
  const percent = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || percent > 100) throw new InvalidArgumentError(`"${text}" is not a share. Give a number from 0 to 100, for example 1.5.`);
  return percent;
}

function parseWhole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError(`"${text}" is not an MTU. Give a whole number of bytes, for example 1500.`);
  return Number(text);
}

/** Run a program with this process's terminal; Ctrl-C and SIGTERM reach it, and its end decides ours. */
async function execInherited(lab: Lab, place: Place, words: readonly string[]): Promise<number> {
  const [file, ...args] = lab.argv(place, words);
  const child = spawn(file as string, args, { stdio: 'inherit', env: systemEnv() });
  const ignoreInterrupt = () => {}; // the terminal sent it to the child as well
  const passTerm = () => void child.kill('SIGTERM');
  process.on('SIGINT', ignoreInterrupt).on('SIGTERM', passTerm);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (cause) => reject(new LabError(`cannot run "${words.join(' ')}" on ${place}: ${cause.message}`, { cause })));
      child.once('exit', (code, signal) => resolve(exitCodeOf(code, signal)));
    });
  } finally {
    process.off('SIGINT', ignoreInterrupt).off('SIGTERM', passTerm);
  }
}

/** The state for people: one paragraph per host. */
export function formatStatus(status: LabStatus): string {
  const paragraphs = status.hosts.map((host) => {
    if (!host.isUp) return `${host.host.padEnd(10)} absent\n`;
    const facts = [`mtu ${host.mtuBytes}`, host.isOffloading ? 'offload on' : 'offload off', host.hasCarrier ? 'link up' : 'link DOWN'];
    if (host.pids.length > 0) facts.push(`processes ${host.pids.join(' ')}`);
    const details = [host.addresses.join(' '), ...host.routes].map((line) => `           ${line}\n`);
    return `${host.host.padEnd(10)} ${facts.join(', ')}\n${details.join('')}`;
  });
  const loss = status.lossRules.map((rule) => `loss       ${rule}\n`);
  return `lab "${status.prefix}": ${status.isUp ? 'up' : 'not up'}\n${paragraphs.join('')}${loss.join('')}`;
}
