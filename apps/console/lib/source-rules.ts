// What is wrong with the addresses that copies shall bear. Pure.
import { countHosts, doNetworksOverlap, type MappingInput } from '@parallax/protocol';
import { isSameAddress, isV6 } from './addresses.ts';
import type { Problem } from './mapping-rules.ts';

/** An address that something has which takes part: copies from it would be answered to it. */
export type TakenAddress = { address: string; by: string };

const versionOf = (address: string): string => (isV6(address) ? 'IPv6' : 'IPv4');

/** In the order of the form. */
export function sourceProblems({ sources, target, listen, selection }: MappingInput, taken: readonly TakenAddress[]): Problem[] {
  const problems: Problem[] = [];
  const add = (field: string, message: string) => problems.push({ field, message });
  const checkOne = (field: string, address: string | null) => {
    if (address === null) return;
    const owner = taken.find((each) => isSameAddress(each.address, address));
    if (owner) add(field, `${address} is an address of ${owner.by}: copies from it would be answered there; choose one that nobody has`);
    else if (isV6(address) !== isV6(target.address))
      add(field, `${address} is ${versionOf(address)}, the target ${versionOf(target.address)}: choose one of its version`);
  };

  if (selection.include.length > 0 && selection.include.every((network) => selection.exclude.some((out) => holds(out, network))))
    add('selection.exclude', 'everything that is included is excluded again: nothing would be copied');

  if (sources.identity === 'address') checkOne('sources.address', sources.address);
  const hosts = countHosts(sources.pool, !isV6(target.address));
  if (sources.pool.length > 0 && hosts < 1)
    add('sources.pool', `the pool has no ${versionOf(target.address)} address, and the target is ${versionOf(target.address)}: name one of its version`);
  for (const network of sources.pool) {
    const owner = taken.find((each) => doNetworksOverlap(network, each.address));
    if (owner && !network.includes('/')) add('sources.pool', `${network} is an address of ${owner.by}: name addresses that nobody has`);
    else if (owner) add('sources.pool', `${network} holds ${owner.address}, an address of ${owner.by}: name addresses that nobody has`);
  }
  checkOne('sources.loopbackAs', sources.loopbackAs);
  if (sources.identity === 'client' && listen.address !== null && isV6(listen.address) !== isV6(target.address) && hosts < 1)
    add(
      'target.address',
      `${target.address} and ${listen.address} are of different IP versions: a copy bears its client’s address, so both must be the same, or copies need other addresses`,
    );
  return problems;
}

const holds = (network: string, other: string): boolean =>
  doNetworksOverlap(network, other) && Number(network.split('/')[1] ?? 128) <= Number(other.split('/')[1] ?? 128);
