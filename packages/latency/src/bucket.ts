// Log-linear buckets as in HDR histograms with 3 significant digits: below 2048 µs one per µs, above 1024 for each doubling.
// Index 0 is 0 µs; a negative value has the negative index of its amount.

const LINEAR = 2048;
const PER_DOUBLING = 1024;

/** Longer spans count as this: one hour, µs. */
export const MOST_US = 3_600_000_000;
export const MOST_INDEX = bucketOf(MOST_US);

/** The bucket of a span in µs, rounded to whole µs. */
export function bucketOf(us: number): number {
  const amount = Math.min(Math.round(Math.abs(us)), MOST_US);
  if (amount < LINEAR) return us < 0 ? 0 - amount : amount;
  const shift = 21 - Math.clz32(amount); // so that amount >>> shift lies in [1024, 2048)
  const index = PER_DOUBLING * shift + (amount >>> shift);
  return us < 0 ? -index : index;
}

/** The lowest whole µs of a bucket, by amount. */
export function lowestUs(index: number): number {
  const at = Math.abs(index);
  if (at < LINEAR) return index;
  const shift = Math.floor(at / PER_DOUBLING) - 1;
  const amount = (at - PER_DOUBLING * shift) * 2 ** shift;
  return index < 0 ? -amount : amount;
}

/** Where a bucket is kept at 2 significant digits: 128 buckets for each doubling from 256 µs on, so that their middle is within 0.4 % of everything in them. */
export function coarse(index: number): number {
  const us = lowestUs(Math.abs(index));
  if (us < 256) return index;
  const widthUs = 2 ** (24 - Math.clz32(us)); // so that us / width lies in [128, 256)
  const middle = bucketOf(Math.floor(us / widthUs) * widthUs + widthUs / 2);
  return index < 0 ? -middle : middle;
}

/** The middle of a bucket, µs: within 0.05 % of everything in it. */
export function middleUs(index: number): number {
  const at = Math.abs(index);
  if (at < LINEAR) return index;
  const half = (2 ** (Math.floor(at / PER_DOUBLING) - 1) - 1) / 2;
  const lowest = lowestUs(index);
  return index < 0 ? lowest - half : lowest + half;
}
