// How many of the copies that a mapping asks for there can be, with the addresses and ports it has.
import { z } from 'zod';

/** Sessions whose copies bear the same address: how many, the copies asked for, and how many have a client's port inside the range that copies get theirs from. */
export interface SourceDemand {
  sessions: number;
  copies: number;
  inside: number;
}

export interface Demand {
  /** One entry for each address that copies bear by right. */
  own: readonly SourceDemand[];
  /** Those that have only the pool. */
  pooled: SourceDemand;
  /** Ports that the target still remembers. */
  cooling: number;
  opensPerSecond: number | null;
}

/** Where ports are to be had. */
export interface Room {
  portsPerAddress: number;
  poolAddresses: number;
  /** Of the clients' own ports outside the range, how many may be kept, 0-1. */
  ownShare: number;
}

export const Forecast = z.object({
  /** Now open, and of these how many can have all their copies. */
  sessions: z.int().min(0),
  sessionsPossible: z.int().min(0),
  copies: z.int().min(0),
  copiesPossible: z.int().min(0),
  /** Addresses that the pool lacks. */
  addressesMissing: z.int().min(0),
  opensPerSecond: z.number().min(0).nullable(),
});
export type Forecast = z.infer<typeof Forecast>;

/** Of copies that bear one address, those that keep their client's port outside the range take none of its ports. */
const portsWanted = ({ sessions, copies, inside }: SourceDemand, { ownShare }: Room): number =>
  Math.max(0, copies - Math.min(copies, (sessions - inside) * ownShare));

export function forecastOf(demand: Demand, room: Room): Forecast {
  const sum = (of: (each: SourceDemand) => number) => demand.own.reduce((total, each) => total + of(each), of(demand.pooled));
  const sessions = Math.round(sum((each) => each.sessions));
  const copies = Math.round(sum((each) => each.copies));
  const ports = sum((each) => portsWanted(each, room));
  /** What is cooling is spread as what is wanted. */
  const coolingPerPort = ports === 0 ? 0 : demand.cooling / ports;
  let beyond = portsWanted(demand.pooled, room) * (1 + coolingPerPort);
  for (const each of demand.own) beyond += Math.max(0, portsWanted(each, room) * (1 + coolingPerPort) - room.portsPerAddress);
  const missing = Math.max(0, Math.ceil(beyond - room.poolAddresses * room.portsPerAddress - 1e-9));
  const copiesPossible = Math.max(0, copies - missing);
  return {
    sessions,
    sessionsPossible: copies === 0 ? sessions : Math.floor((sessions * copiesPossible) / copies + 1e-9),
    copies,
    copiesPossible,
    addressesMissing: room.portsPerAddress === 0 ? 0 : Math.ceil(missing / room.portsPerAddress),
    opensPerSecond: demand.opensPerSecond,
  };
}

/** With a thin space between thousands and at most three decimals; by hand, as `toLocaleString` takes 5 MiB of memory for its locales. */
const number = (value: number): string => {
  const [whole, decimals] = String(Math.round(value * 1000) / 1000).split('.');
  const spaced = whole!.replace(/\B(?=(\d{3})+$)/g, '\u202f');
  return decimals === undefined ? spaced : `${spaced}.${decimals}`;
};
const plural = (count: number, one: string, many = `${one}s`): string => `${number(count)} ${count === 1 ? one : many}`;
const factor = (copies: number, sessions: number): string => `×${(copies / sessions).toFixed(copies / sessions < 0.1 ? 3 : 2)}`;

/** The same as a sentence. */
export function describeForecast({ sessions, copies, copiesPossible, addressesMissing, opensPerSecond }: Forecast): string {
  const rate = opensPerSecond === null ? '' : `, ${number(Math.round(opensPerSecond * 10) / 10)} new ones a second`;
  if (sessions === 0) return `no connection open now${rate}`;
  const wanted = `${plural(sessions, 'connection')} open now${rate}: ${plural(copies, 'copy', 'copies')} wanted`;
  if (copiesPossible >= copies) return `${wanted}, ports suffice for all`;
  const missing = addressesMissing > 0 ? `; needs ${plural(addressesMissing, 'more address', 'more addresses')}` : '';
  return `${wanted}, ports suffice for ${number(copiesPossible)} (${factor(copiesPossible, sessions)} instead of ${factor(copies, sessions)})${missing}`;
}
