// From the options of the command line to the mappings of the packet path.
import type { MappingArgument } from '@parallax/agent-kit';
import {
  type AdapterChoice,
  type Endpoint,
  everySession,
  formatEndpoint,
  lastPortOf,
  type MidStream,
  OnlineMapping,
  type Pacing,
  type Ramp,
  realClients,
  type Selection,
  type Share,
  type Sources,
  wholeShare,
} from '@parallax/protocol';

/** What is said for all mappings. */
export interface MappingOptions {
  assistants: Endpoint[];
  multiplier: number;
  pacing: Pacing;
  midStream: MidStream;
  adapter: AdapterChoice;
  percent: number;
  selectBy: Selection['by'];
  clients?: string[];
  notClients?: string[];
  maxSessions?: number;
  /** True: asked for without saying how. */
  ramp?: Ramp | true;
  clientAddresses?: string[];
  pool?: string[];
  localAs?: string;
  ports?: { first: number; last: number };
  factor?: Share;
}

/** What -g alone stands for. */
export const USUAL_RAMP: Ramp = { fromPercent: 1, steps: 10, stepSeconds: 30 };

const portsText = (ports: { port: number; lastPort?: number | null | undefined }): string =>
  lastPortOf(ports) === ports.port ? String(ports.port) : `${ports.port}..${ports.lastPort}`;

/** As it is written after -x, without its settings. */
export function nameOf({ listen, target }: Pick<MappingArgument, 'listen' | 'target'>): string {
  const from = listen.address === null ? '' : formatEndpoint({ address: listen.address, port: 1 }).replace(/1$/, '');
  const to = formatEndpoint({ address: target.address, port: 1 }).replace(/1$/, '');
  return `${from}${portsText(listen)}-${to}${portsText(target)}`;
}

function selectionOf(argument: MappingArgument, options: MappingOptions): Selection {
  const { selectBy, clients = [], notClients = [], maxSessions = null, ramp } = options;
  const percent = argument.percent ?? options.percent;
  return {
    ...everySession,
    percent,
    by: selectBy,
    include: clients,
    exclude: notClients,
    maxSessions,
    ramp: ramp === true ? USUAL_RAMP : (ramp ?? null),
  };
}

/** One address given with -c is everybody's, several (or a network) are dealt to the clients. */
function sourcesOf({ clientAddresses, pool = [], localAs, ports }: MappingOptions): Sources {
  const sources: Sources = { ...realClients, pool, loopbackAs: localAs ?? null, ports: ports ?? realClients.ports };
  if (clientAddresses === undefined) return sources;
  const [first, ...more] = clientAddresses;
  if (more.length === 0 && !first!.includes('/')) return { ...sources, identity: 'address', address: first! };
  return { ...sources, identity: 'pool', pool: [...clientAddresses, ...pool] };
}

/** One mapping as the packet path wants it. Throws a sentence. */
export function mappingOf(argument: MappingArgument, options: MappingOptions, credential: OnlineMapping['relay']['credential']): OnlineMapping {
  const [assistant, ...more] = options.assistants;
  const name = nameOf(argument);
  const mapping = OnlineMapping.safeParse({
    id: name,
    name,
    listen: argument.listen,
    target: argument.target,
    multiplier: argument.multiplier ?? options.multiplier,
    pacing: argument.pacing ?? options.pacing,
    midStream: options.midStream,
    adapter: options.adapter,
    selection: selectionOf(argument, options),
    sources: sourcesOf(options),
    relay: { ...assistant!, credential },
    moreRelays: more,
    share: options.factor ?? wholeShare,
  });
  if (!mapping.success) throw new Error(`${name}: ${mapping.error.issues[0]!.message}`);
  return mapping.data;
}
