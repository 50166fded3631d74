import { z } from 'zod';

const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const ipv4Pattern = new RegExp(`^(?:${octet}\\.){3}${octet}$`);

/** True for a dotted IPv4 address. */
export const isIpv4 = (text: string): boolean => ipv4Pattern.test(text);

/** True for an IPv6 address in any RFC 4291 §2.2 text form, without a zone. */
export function isIpv6(text: string): boolean {
  return z.ipv6().safeParse(text).success;
}

/** An IPv4 or IPv6 address as text. */
export const IpAddress = z
  .string()
  .refine((text) => isIpv4(text) || isIpv6(text), { error: (issue) => `"${String(issue.input)}" is not an IPv4 or IPv6 address` });
export type IpAddress = z.infer<typeof IpAddress>;

/** A TCP port, 1-65535. */
export const Port = z
  .int({ error: (issue) => `port ${String(issue.input)} is not a whole number` })
  .min(1, { error: (issue) => `port ${String(issue.input)} is outside 1-65535` })
  .max(65_535, { error: (issue) => `port ${String(issue.input)} is outside 1-65535` });
export type Port = z.infer<typeof Port>;

/** An address and a TCP port. */
export const Endpoint = z.object({ address: IpAddress, port: Port });
export type Endpoint = z.infer<typeof Endpoint>;

/** `10.0.0.1:80` or `[2001:db8::1]:80`. */
export function formatEndpoint(endpoint: { address: string; port: number }): string {
  return endpoint.address.includes(':') ? `[${endpoint.address}]:${endpoint.port}` : `${endpoint.address}:${endpoint.port}`;
}
