// What follows from a mapping as the operator wants it.
import type { MappingConfig, Refusal } from '@parallax/engine';
import { type Endpoint, formatEndpoint, type OnlineMapping, portCountOf } from '@parallax/protocol';
import { dealtTo, type Shard } from '@parallax/wire';
import { adapterFor } from './adapter.ts';

/** Which relays it needs: by where they are, and with which credentials. */
export const relayKeys = ({ relay, moreRelays }: OnlineMapping): string[] =>
  [relay, ...moreRelays].map((each) => `${formatEndpoint(each)}|${relay.credential?.identity ?? ''}|${relay.credential?.key ?? ''}`);
/** Another target begins a new account; everything else may change while copies run. */
export const isSameTarget = ({ target: a }: OnlineMapping, { target: b }: OnlineMapping): boolean => a.address === b.address && a.port === b.port;

/** As this packet path has it: with its part of what is dealt. */
export const configOf = (spec: OnlineMapping, shard: Shard): MappingConfig => {
  const { id, listen, target, multiplier, pacing, midStream, sources, share } = spec;
  const { maxSessions } = spec.selection;
  const selection = { ...spec.selection, maxSessions: maxSessions === null ? null : dealtTo(maxSessions, shard) };
  return { id, listen, target, multiplier, pacing, midStream, selection, sources: { ...sources, share, shard }, adapter: adapterFor(spec) };
};

/** The same clients speak to the same port. */
export const isSameService = (a: OnlineMapping, b: OnlineMapping): boolean => JSON.stringify(a.listen) === JSON.stringify(b.listen) && isSameTarget(a, b);

/** Every address and port that copies of the mapping go to. */
export const endpointsOf = ({ target }: OnlineMapping): Endpoint[] =>
  Array.from({ length: portCountOf(target) }, (_, index) => ({ address: target.address, port: target.port + index }));

/** For operators: why it is not copied, and what to do. */
export const refusals: Record<Refusal, string> = {
  TLS: 'the clients speak TLS: a copy repeats bytes that only the keys of the online server fit; mirror a port behind the point where TLS ends',
  'TCP-MD5 or TCP-AO': 'the clients sign their segments (TCP-MD5 or TCP-AO), which a copy cannot do; mirror another port',
  'bound logins':
    'the clients log in with an answer to a number that the server draws for each connection (SCRAM, MD5, a scramble), and the target draws another: it refuses every copy; let this service take logins without one from the clients of both servers (trust, a password within a trusted network), or mirror another port',
};
