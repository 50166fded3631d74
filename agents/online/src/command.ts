// parallax online
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  addressOf,
  beginProcess,
  type CommonOptions,
  checkConsoleUrl,
  chooseInterface,
  DEFAULT_RELAY_PORT,
  fail,
  failUnlessUsage,
  interfaceTo,
  ManagedAgent,
  type MappingArgument,
  mtuOf,
  parseEndpoint,
  parseMappings,
  parseMultiplier,
  readToken,
  sayReady,
  standAloneCredential,
  stopOnSignal,
  USAGE,
  withCommonOptions,
} from '@parallax/agent-kit';
import { type Endpoint, formatEndpoint, type MidStream, type OnlineMapping, type OpenOnline, type Pacing } from '@parallax/protocol';
import { Command, Option } from 'commander';
import { StandAlone } from './stand-alone.ts';

/** Bound of the clients' bytes that wait for targets. Memory is used only as they do. */
const STORE_BYTES = 512 << 20;

interface OnlineOptions extends CommonOptions {
  mappings?: MappingArgument[];
  assistant?: Endpoint;
  multiplier: number;
  pacing: Pacing;
  midStream: MidStream;
  tx: OpenOnline['tx'];
  stats?: boolean;
}

/** The module of the packet path's process: beside this one, bundled or as source. */
const pathModule = (): string => {
  const bundled = fileURLToPath(new URL('./online-path.mjs', import.meta.url));
  return existsSync(bundled) ? bundled : fileURLToPath(new URL('./online-path.ts', import.meta.url));
};

/** One mapping as the packet path wants it. */
function mappingOf({ listen, target }: MappingArgument, options: OnlineOptions, credential: OnlineMapping['relay']['credential']): OnlineMapping {
  const name = `${listen.address === null ? listen.port : formatEndpoint({ address: listen.address, port: listen.port })}-${formatEndpoint(target)}`;
  return {
    id: name,
    name,
    listen,
    target,
    multiplier: options.multiplier,
    pacing: options.pacing,
    midStream: options.midStream,
    relay: { ...options.assistant!, credential },
  };
}

function openOnline(options: OnlineOptions): OpenOnline {
  const [first] = options.mappings ?? [];
  const own = first?.listen.address ?? null;
  const interfaceName = chooseInterface(
    options.interface,
    own === null ? null : interfaceWith(own),
    first === undefined ? null : interfaceTo(first.target.address),
  );
  const { io, tx } = options;
  return { type: 'open-online', interfaceName, io, tx, mtuBytes: mtuOf(interfaceName), storeBytes: STORE_BYTES, agent: hostname() };
}

const interfaceWith = (address: string): string | null => {
  const name = interfaceTo(address);
  return name !== null && addressOf(name) === address ? name : null;
};

async function run(options: OnlineOptions, command: Command): Promise<void> {
  if (options.console !== undefined) {
    if (options.mappings !== undefined || options.assistant !== undefined)
      command.error('error: -x and -s do not go with --console, which tells the agent its mappings; leave them out', { exitCode: USAGE });
  } else {
    if (options.mappings === undefined) command.error('error: nothing to mirror; give -x PORT-TARGET:PORT -s ASSISTANT, or --console URL', { exitCode: USAGE });
    if (options.assistant === undefined)
      command.error('error: -s ASSISTANT[:PORT] is needed: the host that receives the answers of the target', { exitCode: USAGE });
  }
  const log = beginProcess('online', options);
  if (log === null) return;
  const path = { module: pathModule(), open: openOnline(options), onCannotWork: (reason: string) => fail('online', reason) };
  if (options.console !== undefined) {
    const agent = new ManagedAgent({
      role: 'online',
      consoleUrl: checkConsoleUrl(options.console),
      token: readToken(options),
      path,
      relay: null,
      log,
      onReady: sayReady,
    });
    return stopOnSignal(() => agent.stop());
  }
  const credential = standAloneCredential(options, log);
  const mappings = (options.mappings ?? []).map((each) => mappingOf(each, options, credential));
  const agent = new StandAlone({ path, mappings, log, printsStats: options.stats === true });
  stopOnSignal(() => agent.stop());
}

/** The command `parallax online`. */
export function onlineCommand(): Command {
  const command = new Command('online').description('On the online server: capture client packets and copy every session to the target.');
  withCommonOptions(command)
    .option('-x, --mappings <list>', 'what to mirror: [ADDRESS:]PORT-TARGET:PORT, several joined by commas', parseMappings)
    .option('-s, --assistant <address>', `the assistant that brings the target's answers: ADDRESS[:PORT], port ${DEFAULT_RELAY_PORT} by default`, (text) =>
      parseEndpoint(text, DEFAULT_RELAY_PORT),
    )
    .option('-n, --multiplier <count>', 'copies of each session, 1-1000', parseMultiplier, 1)
    .addOption(
      new Option('--pacing <how>', 'when the next client bytes go out: after the answer, at the client’s gaps, or as the window permits')
        .choices(['response', 'timing', 'window'])
        .default('response'),
    )
    .addOption(
      new Option(
        '--mid-stream <policy>',
        'connections that are open already, or whose copy ended before they did: copied from the next request, from the next byte, or not',
      )
        .choices(['boundary', 'immediate', 'skip'])
        .default('boundary'),
    )
    .addOption(new Option('-O, --only-new', 'the same as --mid-stream skip').implies({ midStream: 'skip' }))
    .addOption(
      new Option('--tx <path>', 'how the ring sends: packet (on the link, past OUTPUT rules and conntrack), raw (raw sockets), auto (packet where it can)')
        .choices(['packet', 'raw', 'auto'])
        .default('auto'),
    )
    .option('--stats', 'print one JSON line a second on stdout')
    .addHelpText(
      'after',
      `
Examples:
  parallax online -x 6379-10.90.1.21:6379 -s 10.90.1.22 --key-file /etc/parallax/key
  parallax online -x 80-10.90.1.21:8080,[2001:db8::5]:443-[2001:db8::6]:443 -s 10.90.1.22:36524 -n 3 -i eth0 --key-file K
  PARALLAX_TOKEN=… parallax online --console ws://10.90.1.30:3000/ws/agent -i eth0

Prints "ready" when it can work. Needs CAP_NET_RAW. SIGTERM resets the copies it owns on the target and exits 0.`,
    )
    .action((options: OnlineOptions, self: Command) => run(options, self).catch((error: Error) => failUnlessUsage('online', error)));
  return command;
}
