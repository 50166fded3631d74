// A mapping in few words, as events and hints call it. Pure.
import { lastPortOf, type MappingInput } from '@parallax/protocol';
import { formatFactor } from './format.ts';

type Ports = { port: number; lastPort?: number | null | undefined };

/** `6379`, or `8000-8010`. */
export const portsWords = (ports: Ports): string => (lastPortOf(ports) === ports.port ? String(ports.port) : `${ports.port}-${ports.lastPort}`);

/** `10.0.0.21:8000-8010`. */
export const targetWords = ({ address, ...ports }: Ports & { address: string }): string =>
  `${address.includes(':') ? `[${address}]` : address}:${portsWords(ports)}`;

/** Everything that is not as usual, such as `30 % of sessions by client`. */
export function copyingWords({
  multiplier,
  pacing,
  adapter,
  selection,
  sources,
}: Pick<MappingInput, 'multiplier' | 'pacing' | 'adapter' | 'selection' | 'sources'>): string {
  const { percent, by, include, exclude, maxSessions, ramp } = selection;
  const { identity, address, pool } = sources;
  return [
    formatFactor(multiplier),
    `pacing by ${pacing}`,
    adapter === 'turns' ? null : `measured by ${adapter}`,
    percent < 100 || ramp !== null
      ? `${ramp === null ? '' : `from ${ramp.fromPercent} % to `}${percent} % of ${by === 'client' ? 'clients' : 'sessions'}`
      : null,
    include.length > 0 ? `only ${include.join(', ')}` : null,
    exclude.length > 0 ? `not ${exclude.join(', ')}` : null,
    maxSessions === null ? null : `at most ${maxSessions} sessions`,
    identity === 'address' ? `from ${address}` : identity === 'pool' ? `from ${pool.join(', ')}` : pool.length > 0 ? `more addresses ${pool.join(', ')}` : null,
  ]
    .filter((each) => each !== null)
    .join(', ');
}
