/** One spelling per address, so that `::1` and `0:0:0:0:0:0:0:1` are the same. */
export function canonicalAddress(address: string): string {
  const text = address.includes(':') ? `[${address}]` : address;
  return URL.canParse(`http://${text}`) ? new URL(`http://${text}`).hostname.replace(/^\[|\]$/g, '') : address;
}

export const isSameAddress = (a: string, b: string): boolean => canonicalAddress(a) === canonicalAddress(b);

export const isV6 = (address: string): boolean => address.includes(':');
