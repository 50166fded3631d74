// What agents read from their command line. Every refusal names the value and the remedy.

import {
  CidrText,
  type Endpoint,
  findOverlap,
  formatEndpoint,
  IpAddress,
  type Listen,
  Pacing,
  Port,
  Ramp,
  rangeProblem,
  Share,
  type Target,
} from '@parallax/protocol';
import { InvalidArgumentError } from 'commander';

export const DEFAULT_RELAY_PORT = 36_524;

function refuse(text: string): never {
  throw new InvalidArgumentError(text);
}

/** A TCP port. */
export function parsePort(text: string): number {
  const port = Port.safeParse(/^\d+$/.test(text) ? Number(text) : Number.NaN);
  return port.success ? port.data : refuse(/^\d+$/.test(text) ? `port ${text} is outside 1-65535.` : `"${text}" is not a port; give a number from 1 to 65535.`);
}

/** `ADDRESS:PORT`, `[V6]:PORT`, or an address alone where a default port is given. */
export function parseEndpoint(text: string, defaultPort?: number): Endpoint {
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[^:]*))(?::(?<port>.*))?$/.exec(text);
  const bareV6 = text.includes('::') || text.split(':').length > 2 ? IpAddress.safeParse(text).success : false;
  const address = bareV6 ? text : (match?.groups?.v6 ?? match?.groups?.v4 ?? '');
  const portText = bareV6 ? undefined : match?.groups?.port;
  if (!IpAddress.safeParse(address).success)
    refuse(
      `"${address || text}" is not an IPv4 or IPv6 address; give numbers such as 10.90.1.21${defaultPort === undefined ? ':6379' : ''} (IPv6 in brackets).`,
    );
  if (portText === undefined) return { address, port: defaultPort ?? refuse(`"${text}" lacks the port; write ${formatEndpoint({ address, port: 6379 })}.`) };
  return { address, port: parsePort(portText) };
}

/** One `-x` mapping: where clients arrive, the target, and what it says for itself of the options for all. */
export interface MappingArgument {
  listen: Listen;
  target: Target;
  multiplier?: number;
  percent?: number;
  pacing?: Pacing;
}

/** `PORT`, `FIRST..LAST` of ports. */
function parsePorts(text: string): { port: number; lastPort?: number } {
  const dots = text.indexOf('..');
  return dots < 0 ? { port: parsePort(text) } : { port: parsePort(text.slice(0, dots)), lastPort: parsePort(text.slice(dots + 2)) };
}

/** An endpoint whose port may be a range. */
function parseRange(text: string): { address: string; port: number; lastPort?: number } {
  const dots = text.lastIndexOf('..');
  const { address, port } = parseEndpoint(dots < 0 ? text : text.slice(0, dots));
  return dots < 0 ? { address, port } : { address, port, lastPort: parsePort(text.slice(dots + 2)) };
}

/**
 * `[ADDRESS:]PORT-TARGET:PORT`, several joined by commas. A port may be a range, `8000..8010-10.0.0.1:9000..9010`. Behind a slash, what differs from the
 * options for all mappings: `80-10.0.0.1:80/n=0.5/r=30/pacing=window`.
 */
export function parseMappings(text: string): MappingArgument[] {
  const mappings = text.split(',').map(parseMapping);
  const texts = mappings.map(({ listen, target }) => JSON.stringify([listen, target]));
  const twice = texts.findIndex((each, index) => texts.indexOf(each) !== index);
  if (twice >= 0) refuse(`"${text.split(',')[twice]}" is there twice; ask for more copies with n=2.`);
  return mappings;
}

function parseMapping(part: string): MappingArgument {
  const [ends = '', ...settings] = part.split('/');
  const dash = ends.indexOf('-');
  if (dash < 0) refuse(`"${part}" is not a mapping; write PORT-TARGET:PORT, such as 6379-10.90.1.21:6379.`);
  const from = ends.slice(0, dash);
  const to = ends.slice(dash + 1);
  const listen = /^[^:]*$/.test(from) && !/^\d+\.\d/.test(from) ? { address: null, ...parsePorts(from) } : parseRange(from);
  if (to === '') refuse(`"${part}" lacks the target; write ${from}-ADDRESS:PORT.`);
  const target = parseRange(to);
  const problem = rangeProblem(listen, target);
  if (problem !== null) refuse(`"${part}": ${problem[1]}.`);
  return Object.assign({ listen, target }, ...settings.map((setting) => parseSetting(part, setting)));
}

function parseSetting(part: string, setting: string): Partial<MappingArgument> {
  const [name, value = ''] = setting.split('=');
  if (name === 'n') return { multiplier: parseMultiplier(value) };
  if (name === 'r') return { percent: parsePercent(value) };
  if (name !== 'pacing') return refuse(`"${setting}" in "${part}" is no setting of a mapping; there are n=COPIES, r=PERCENT and pacing=HOW.`);
  const pacing = Pacing.safeParse(value);
  return pacing.success ? { pacing: pacing.data } : refuse(`"${value}" is no pacing; there are ${Pacing.options.join(', ')}.`);
}

const parseNumber = (text: string): number => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN);

/** Copies of each session, 0.01-1000. */
export function parseMultiplier(text: string): number {
  const value = parseNumber(text);
  return value >= 0.01 && value <= 1000 ? value : refuse(`"${text}" is not a multiplier; give a number from 0.01 to 1000.`);
}

export function parsePercent(text: string): number {
  const value = parseNumber(text);
  return value >= 0 && value <= 100 ? value : refuse(`"${text}" is not a percentage; give a number from 0 to 100.`);
}

/** A whole number within bounds; `what` names it in the refusal. */
export const parseWhole =
  (what: string, least: number, most: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : refuse(`"${text}" is not ${what}; give a whole number from ${least} to ${most}.`);
  };

/** Networks joined by commas; `10.0.0.x` and `10.0.0.*` are 10.0.0.0/24. */
export function parseNetworks(text: string): string[] {
  const networks = text.split(',').map((part) => (/^(\d+\.){3}[xX*]$/.test(part) ? `${part.slice(0, -1)}0/24` : part));
  for (const network of networks) {
    const parsed = CidrText.safeParse(network);
    if (!parsed.success) refuse(`${parsed.error.issues[0]!.message}.`);
  }
  const overlap = findOverlap(networks);
  return overlap === null ? networks : refuse(`${overlap[0]} and ${overlap[1]} overlap; leave one of them out.`);
}

export function parseAddressArgument(text: string): string {
  return IpAddress.safeParse(text).success ? text : refuse(`"${text}" is not an IPv4 or IPv6 address; give numbers such as 10.90.1.20 or fd90::20.`);
}

/** `INDEX/COUNT`, or the index alone of 16. */
export function parseShare(text: string): Share {
  const [index = '', count = '16'] = text.split('/');
  const share = Share.safeParse({ index: /^\d+$/.test(index) ? Number(index) : -1, count: /^\d+$/.test(count) ? Number(count) : 0 });
  return share.success
    ? share.data
    : refuse(`"${text}" is not a part of the ports; give 0/2 and 1/2 to two agents, or a different number from 0 to 15 to each of up to 16.`);
}

/** `FROM:STEPS:SECONDS`. */
export function parseRamp(text: string): Ramp {
  const [from = '', steps = '', seconds = ''] = text.split(':');
  const ramp = Ramp.safeParse({ fromPercent: parseNumber(from), steps: parseNumber(steps), stepSeconds: parseNumber(seconds) });
  return ramp.success && text.split(':').length === 3
    ? ramp.data
    : refuse(`"${text}" is not a ramp; write FROM:STEPS:SECONDS, such as 1:10:60 for 1 % at first and the full share after 10 steps of 60 s.`);
}

/** `FIRST-LAST` of source ports. */
export function parsePortSpan(text: string): { first: number; last: number } {
  const [first = '', last = '', ...more] = text.split('-');
  if (more.length > 0 || last === '') refuse(`"${text}" is not a range of ports; write FIRST-LAST, such as 20000-29999.`);
  const span = { first: parsePort(first), last: parsePort(last) };
  return span.first <= span.last ? span : refuse(`"${text}" ends before it begins; write ${last}-${first}.`);
}

/** Several endpoints joined by commas, none of them twice. */
export function parseEndpoints(text: string, defaultPort?: number): Endpoint[] {
  const endpoints = text.split(',').map((part) => parseEndpoint(part.trim(), defaultPort));
  const names = endpoints.map(formatEndpoint);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? endpoints : refuse(`${twice} is there twice.`);
}
