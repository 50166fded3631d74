// parallax online
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  addressOf,
  beginProcess,
  type CommonOptions,
  chooseInterface,
  DEFAULT_RELAY_PORT,
  fail,
  failUnlessUsage,
  interfaceTo,
  ManagedAgent,
  type MappingArgument,
  mtuOf,
  PacketPath,
  type Path,
  type PathListener,
  parseAddressArgument,
  parseEndpoints,
  parseMappings,
  parseMultiplier,
  parseNetworks,
  parsePercent,
  parsePort,
  parsePortSpan,
  parseRamp,
  parseShare,
  parseWhole,
  readToken,
  refuseWaysOfTheRing,
  sayReady,
  standAloneCredential,
  stopOnSignal,
  USAGE,
  VERSION,
  withCommonOptions,
} from '@parallax/agent-kit';
import { AdapterChoice, type OnlineMapping, type OpenOnline, type RelayCredential } from '@parallax/protocol';
import { Command, Option } from 'commander';
import { foretell, printForecasts } from './foretell.ts';
import { type MappingOptions, mappingOf } from './mapping-options.ts';
import { StandAlone } from './stand-alone.ts';
import { refuseTcpcopyOptions } from './tcpcopy-options.ts';
import { WorkerPaths } from './workers/worker-paths.ts';

/** Bound of the clients' bytes that wait for targets. Memory is used only as they do. */
const STORE_BYTES = 512 << 20;

interface OnlineOptions extends CommonOptions, Omit<MappingOptions, 'assistants'> {
  mappings?: MappingArgument[];
  assistant?: string;
  assistantPort: number;
  tx: OpenOnline['tx'];
  workers: number;
  maxCpu?: number;
  maxMemory?: number;
  maxPps?: number;
  stats?: boolean;
  latency?: boolean;
  forecast?: boolean;
  windowPacing?: boolean;
  filter?: string;
  mtu?: number;
  mss?: number;
  roundTrip?: number;
  targetTimeout?: number;
  keepaliveTimeout?: number;
}

/** Of each packet all of them run a filter. */
const MOST_WORKERS = 32;
/** Smallest time to a repetition (packages/engine/src/limits.ts). */
const LEAST_RTO_MS = 200;

/** The module of the packet path's process: beside this one, bundled or as source. */
const pathModule = (): string => {
  const bundled = fileURLToPath(new URL('./online-path.mjs', import.meta.url));
  return existsSync(bundled) ? bundled : fileURLToPath(new URL('./online-path.ts', import.meta.url));
};

/** What each packet path is told when it opens. */
function openOnline(options: OnlineOptions): OpenOnline[] {
  const [first] = options.mappings ?? [];
  const own = first?.listen.address ?? null;
  const interfaceName = chooseInterface(
    options.interface,
    own === null ? null : interfaceWith(own),
    first === undefined ? null : interfaceTo(first.target.address),
  );
  const { io, tx, rx, mss, filter, workers } = options;
  const mtuBytes = Math.min(options.mtu ?? Number.POSITIVE_INFINITY, mtuOf(interfaceName));
  return Array.from({ length: workers }, (_, index) => ({
    type: 'open-online' as const,
    interfaceName,
    io,
    tx,
    rx,
    mtuBytes,
    mssBytes: mss ?? null,
    storeBytes: Math.floor(STORE_BYTES / workers),
    shard: { index, count: workers },
    limits: {
      cpuPercent: options.maxCpu ?? null,
      memoryMiB: options.maxMemory ?? null,
      packetsPerSecond: options.maxPps === undefined ? null : options.maxPps / workers,
    },
    clientFilter: filter ?? null,
    spans: spansOf(options),
    agent: workers === 1 ? hostname() : `${hostname()} (packet path ${index + 1} of ${workers})`,
  }));
}

/** The first repetition comes after three round trips (RFC 6298 §2.2: the variance of one measurement is half of it). */
const spansOf = ({ roundTrip, targetTimeout, keepaliveTimeout }: OnlineOptions): OpenOnline['spans'] => ({
  ...(roundTrip === undefined ? {} : { rtoInitialMs: Math.max(LEAST_RTO_MS, 3 * roundTrip) }),
  ...(targetTimeout === undefined ? {} : { targetTimeoutMs: targetTimeout * 1000 }),
  ...(keepaliveTimeout === undefined ? {} : { idleOpenMs: keepaliveTimeout * 1000 }),
});

/** What the console says for each mapping. */
const ofMappings = [
  'multiplier',
  'pacing',
  'midStream',
  'adapter',
  'onlyNew',
  'windowPacing',
  'percent',
  'selectBy',
  'clients',
  'notClients',
  'maxSessions',
  'ramp',
  'clientAddresses',
  'pool',
  'localAs',
  'ports',
  'factor',
  'assistantPort',
  'forecast',
];
const flagsOf = (command: Command, name: string): string => command.options.find((option) => option.attributeName() === name)?.flags.split(/[ ,]/)[0] ?? name;

const interfaceWith = (address: string): string | null => {
  const name = interfaceTo(address);
  return name !== null && addressOf(name) === address ? name : null;
};

function mappingsOf(options: OnlineOptions, credential: RelayCredential | null): OnlineMapping[] {
  const assistants = parseEndpoints(options.assistant ?? '', options.assistantPort);
  const pacing = options.windowPacing === true ? 'window' : options.pacing;
  return (options.mappings ?? []).map((each) => mappingOf(each, { ...options, assistants, pacing }, credential));
}

async function run(options: OnlineOptions, command: Command): Promise<void> {
  refuseWaysOfTheRing(command);
  if (options.console !== undefined) {
    if (options.mappings !== undefined || options.assistant !== undefined)
      command.error('error: -x and -s do not go with --console, which tells the agent its mappings; leave them out', { exitCode: USAGE });
    const misplaced = ofMappings.find((name) => command.getOptionValueSource(name) === 'cli');
    if (misplaced !== undefined)
      command.error(`error: --console tells the agent its mappings, and with them ${flagsOf(command, misplaced)}; leave it out and set it there`, {
        exitCode: USAGE,
      });
  } else {
    if (options.mappings === undefined) command.error('error: nothing to mirror; give -x PORT-TARGET:PORT -s ASSISTANT, or --console URL', { exitCode: USAGE });
    if (options.assistant === undefined)
      command.error('error: -s ASSISTANT[:PORT] is needed: the host that receives the answers of the target', { exitCode: USAGE });
  }
  if (options.forecast === true) return printForecasts(mappingsOf(options, null));
  const log = beginProcess('online', options);
  if (log === null) return;
  const opens = openOnline(options);
  const startPath = (listener: PathListener): Path => {
    const path = { module: pathModule(), onCannotWork: (reason: string) => fail('online', reason), ...listener };
    return opens.length === 1 ? new PacketPath({ ...path, open: opens[0]! }) : new WorkerPaths({ ...path, opens });
  };
  if (options.console !== undefined) {
    const agent = new ManagedAgent({
      role: 'online',
      consoleUrl: options.console,
      token: readToken(options),
      startPath,
      relay: null,
      log,
      onReady: sayReady,
    });
    return stopOnSignal(() => agent.stop());
  }
  const mappings = mappingsOf(options, standAloneCredential(options, log));
  foretell(mappings, log);
  const agent = new StandAlone({ startPath, mappings, log, printsStats: options.stats === true, printsLatency: options.latency === true });
  stopOnSignal(() => agent.stop());
}

/** The command `parallax online`. */
export function onlineCommand(): Command {
  const command = new Command('online').description('On the online server: capture client packets and copy every session to the target.');
  refuseTcpcopyOptions(command);
  withCommonOptions(command)
    .option('-x, --mappings <list>', 'what to mirror: [ADDRESS:]PORT-TARGET:PORT, several joined by commas; see below', parseMappings)
    .option('-s, --assistant <list>', 'the assistant that brings the target’s answers: ADDRESS[:PORT], several joined by commas', (text) => {
      parseEndpoints(text, DEFAULT_RELAY_PORT);
      return text;
    })
    .option('-p, --assistant-port <port>', 'port of assistants named without one', parsePort, DEFAULT_RELAY_PORT)
    .optionsGroup('Which sessions, how often:')
    .option('-n, --multiplier <count>', 'copies of each session, 0.01-1000; at 2.5 half of the sessions have three', parseMultiplier, 1)
    .option('-r, --percent <share>', 'percentage of the sessions that are copied', parsePercent, 100)
    .addOption(
      new Option('--select-by <what>', 'what the percentage is drawn of: each session, or each client address')
        .choices(['session', 'client'])
        .default('session'),
    )
    .option('--clients <networks>', 'only sessions of clients in these networks, joined by commas', parseNetworks)
    .option('--not-clients <networks>', 'no sessions of clients in these networks', parseNetworks)
    .option('--max-sessions <count>', 'copy so many sessions at a time at most', parseWhole('a bound on sessions', 1, 10_000_000))
    .option('-g, --ramp [from:steps:seconds]', 'begin with FROM % and reach the percentage in STEPS steps of SECONDS each (alone: 1:10:30)', parseRamp)
    .optionsGroup('Whose addresses:')
    .option(
      '-c, --client-addresses <networks>',
      'copies bear these addresses instead of the clients’: one for all, or a network that is dealt to the clients',
      parseNetworks,
    )
    .option(
      '-H, --local-as <address>',
      'address of clients on this host itself, which speak from 127.0.0.1 or from the address that they speak to',
      parseAddressArgument,
    )
    .option('--pool <networks>', 'addresses that nobody has, for copies whose client’s address has no port left', parseNetworks)
    .option('--ports <first-last>', 'source ports for copies that cannot have their client’s own', parsePortSpan)
    .option('-f, --factor <part>', 'this agent’s part of the ports where several feed one target: 0/2 and 1/2, or a number from 0 to 15 each', parseShare)
    .option('--forecast', 'say how many copies the connections of now would make and whether ports suffice, and exit')
    .optionsGroup('When, and how long:')
    .addOption(
      new Option('--pacing <how>', 'when the next client bytes go out: after the answer, at the client’s gaps, or as the window permits')
        .choices(['response', 'timing', 'window'])
        .default('response'),
    )
    .addOption(
      new Option('--adapter <name>', 'how requests are told apart: turns (who spoke), a protocol, or auto (the protocol that the target’s port usually speaks)')
        .choices(AdapterChoice.options)
        .default('turns'),
    )
    .option('-W, --window-pacing', 'the same as --pacing window')
    .option('-R, --round-trip <ms>', 'round trip to the target, until it is measured', parseWhole('a round trip', 1, 60_000))
    .option('-t, --target-timeout <seconds>', 'give a copy up whose target acknowledges nothing for so long', parseWhole('a span', 1, 86_400))
    .option('-k, --keepalive-timeout <seconds>', 'give a session up on which nothing is said for so long (1800)', parseWhole('a span', 1, 86_400))
    .optionsGroup('Packets:')
    .option('-F, --filter <expression>', 'of the clients’ packets only these, in libpcap’s language')
    .option('-M, --mtu <bytes>', 'largest packet of a copy (that of the interface)', parseWhole('an MTU', 576, 65_535))
    .option('-D, --mss <bytes>', 'largest segment of a copy', parseWhole('a segment size', 48, 65_495))
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
    .option(
      '--workers <count>',
      `packet paths, each a process on a core of its own; client ports are dealt to them, and so are --max-sessions and the memory for clients’ bytes`,
      parseWhole('a number of packet paths', 1, MOST_WORKERS),
      1,
    )
    .optionsGroup('So that the host is not hurt, sessions are left out before a packet path takes more than:')
    .option('--max-cpu <percent>', 'of one core', parseWhole('a percentage of a core', 1, 100))
    .option('--max-memory <MiB>', 'resident memory', parseWhole('an amount of memory', 16, 1_048_576))
    .option('--max-pps <count>', 'packets sent per second, of all packet paths together', parseWhole('a rate of packets', 1, 100_000_000))
    .optionsGroup('Figures:')
    .option('--stats', 'print one JSON line a second on stdout')
    .option('--latency', 'print one JSON line a second on stdout for each kind of request: counts, errors and latencies of both servers')
    .version(VERSION, '-v, --version', 'print the version')
    .addHelpText(
      'after',
      `
Examples:
  parallax online -x 6379-10.90.1.21:6379 -s 10.90.1.22 --key-file /etc/parallax/key
  parallax online -x 80-10.90.1.21:8080,[2001:db8::5]:443-[2001:db8::6]:443 -s 10.90.1.22:36524 -n 3 -i eth0 --key-file K
  parallax online -x 80-10.90.1.21:80,80-10.90.1.23:80/n=0.5,80-10.90.1.24:80/n=4/r=10/pacing=window -s 10.90.1.22 --key-file K
  parallax online -x 8000..8010-10.90.1.21:9000..9010 -s 10.90.1.22 -n 20 --pool 10.95.0.0/29 --key-file K
  PARALLAX_TOKEN=… parallax online --console ws://10.90.1.30:3000/ws/agent -i eth0

A mapping may say for itself, behind slashes, its n= (copies), r= (percentage) and pacing=. One port may lead to several targets.
Who comes from tcpcopy finds its options in docs/coming-from-tcpcopy.md.

Prints "ready" when it can work. Needs CAP_NET_RAW. SIGTERM resets the copies it owns on the target and exits 0.`,
    )
    .action((options: OnlineOptions, self: Command) => run(options, self).catch((error: Error) => failUnlessUsage('online', error)));
  return command;
}
