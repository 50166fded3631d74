// Of few blocks, replicates vary less than the blocks themselves tell: by √((n - 1) / n), and as if their variance were known. An interval of replicates
// is widened until it is as long as Student's would be (Hesterberg 2015, "What Teachers Should Know About the Bootstrap", expanded percentile interval).

/** Beyond so many standard deviations lies a half of what is outside of an interval that holds so much. */
const NORMAL = new Map([
  [0.95, 1.959964],
  [0.995, 2.807034],
]);

/** Upper tail of the normal distribution (Abramowitz and Stegun 26.2.17, within 7.5e-8). */
function normalTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const sum = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

/** Student's quantile with `freedom` degrees of freedom, from the normal one (Abramowitz and Stegun 26.7.5; within 0.3 % from 5 on). */
function studentOf(z: number, freedom: number): number {
  const z2 = z * z;
  const first = (z * (z2 + 1)) / 4;
  const second = (z * (5 * z2 * z2 + 16 * z2 + 3)) / 96;
  const third = (z * (3 * z2 ** 3 + 19 * z2 * z2 + 17 * z2 - 15)) / 384;
  return z + first / freedom + second / freedom ** 2 + third / freedom ** 3;
}

/** The share of the replicates that is left out at either end, so that the interval holds `ratio` (0.95 or 0.995) with so many blocks. */
export function expandedTail(ratio: 0.95 | 0.995, blocks: number): number {
  const z = NORMAL.get(ratio)!;
  return blocks < 2 ? 0 : normalTail(studentOf(z, blocks - 1) * Math.sqrt(blocks / (blocks - 1)));
}
