// The Internet checksum (RFC 1071).

/** Add bytes [at, at + lengthBytes) to a running sum; start with 0. At most 64 KiB of 0xff per call keep the sum exact. */
export function addToSum(view: DataView, at: number, lengthBytes: number, sum: number): number {
  const end = at + lengthBytes;
  const wordsEnd = at + (lengthBytes & ~7);
  let high = 0;
  let low = 0;
  while (at < wordsEnd) {
    const a = view.getInt32(at);
    const b = view.getInt32(at + 4);
    high += (a >>> 16) + (b >>> 16);
    low += (a & 0xffff) + (b & 0xffff);
    at += 8;
  }
  while (at + 1 < end) {
    low += view.getUint16(at);
    at += 2;
  }
  if (at < end) low += view.getUint8(at) << 8;
  return sum + high + low;
}

/** A running sum as 16 bits, carries added back in. */
export function foldSum(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** The one's complement of the folded sum: the value of a checksum field. */
export const finishSum = (sum: number): number => ~foldSum(sum) & 0xffff;
