// Source ports for copies: the client's own for the first, free ones for the rest.
import type { AddressWords } from '@parallax/wire';
import type { Mapping } from './mapping.ts';

const FIRST_PORT = 1024;
const PORTS = 65_536 - FIRST_PORT;
const TRIES = 512;

/**
 * A port of `client` that no copy to this target uses and no live client connection of the mapping has: `wanted` if it is free, otherwise the next one found.
 * 0 when none was found.
 */
export function findPort(
  mapping: Mapping,
  client: AddressWords,
  wanted: number,
  mayTakeWanted: boolean,
  isTaken: (address: AddressWords, port: number, byClientToo: boolean) => boolean,
): number {
  if (mayTakeWanted && !isTaken(client, wanted, false)) return wanted;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    mapping.nextPort = (mapping.nextPort + 7919) % PORTS; // a prime that does not divide 64512: every port comes up
    const port = FIRST_PORT + mapping.nextPort;
    if (port !== wanted && !isTaken(client, port, true)) return port;
  }
  return 0;
}
