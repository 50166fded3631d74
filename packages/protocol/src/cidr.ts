import { type Cidr, cidrsOverlap, formatAddress, hostCount, isIpv4Words, parseCidr } from '@parallax/wire';
import { z } from 'zod';

/** As text, without bits behind the prefix: `10.0.0.0/8`; an address alone has no prefix. */
function formatCidr({ first, prefixBits }: Cidr): string {
  const bits = isIpv4Words(first) ? prefixBits - 96 : prefixBits;
  return bits === (isIpv4Words(first) ? 32 : 128) ? formatAddress(first) : `${formatAddress(first)}/${bits}`;
}

function problemOf(text: string): string | null {
  const cidr = parseCidr(text);
  if (cidr === null) return `"${text}" is not a network: write 10.0.0.0/8, 2001:db8::/32, or one address`;
  const [address] = text.split('/');
  return formatCidr({ ...cidr, prefixBits: 128 }) === formatCidr({ first: parseCidr(address!)!.first, prefixBits: 128 })
    ? null
    : `${text} has bits behind its prefix: the network is ${formatCidr(cidr)}`;
}

/** A network of addresses as text, `10.0.0.0/8` or `2001:db8::/32`, or one address. */
export const CidrText = z.string().superRefine((text, context) => {
  const message = problemOf(text);
  if (message !== null) context.addIssue({ code: 'custom', message });
});
export type CidrText = z.infer<typeof CidrText>;

/** The first two networks of a list that have addresses in common; null if none do. */
export function findOverlap(networks: readonly string[]): [string, string] | null {
  for (const [index, text] of networks.entries()) {
    const other = networks.slice(0, index).find((each) => doNetworksOverlap(each, text));
    if (other !== undefined) return [other, text];
  }
  return null;
}

/** False too if one of them is no network. */
export function doNetworksOverlap(a: string, b: string): boolean {
  const [one, other] = [parseCidr(a), parseCidr(b)];
  return one !== null && other !== null && cidrsOverlap(one, other);
}

/** Addresses that hosts may have in those networks of one IP version. */
export function countHosts(networks: readonly string[], isIpv4: boolean): number {
  return networks
    .map(parseCidr)
    .filter((cidr) => cidr !== null && isIpv4Words(cidr.first) === isIpv4)
    .reduce((sum, cidr) => sum + hostCount(cidr!), 0);
}
