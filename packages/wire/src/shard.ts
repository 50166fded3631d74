// Which of several packet paths a connection belongs to. The client's port decides: it stands in every packet of its session, first copies have it too, and
// the ports of other copies are chosen so that they fall to the same path. Nobody has to remember anything, and no path depends on another being alive.

/** Number `index` (from 0) of `count` packet paths. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** There is only one. */
export const wholeShard: Shard = { index: 0, count: 1 };

/** 2^32 divided by the golden ratio: ports that follow each other, as systems choose them, are spread evenly (Knuth, TAOCP 3, §6.4). */
export const SHARD_FACTOR = 0x9e3779b1;

/** The path of 0 to `count` - 1 that a port falls to; at most 256 of them. `shardFilter` of packages/device computes the same in the kernel. */
export const shardOf = (port: number, count: number): number => ((Math.imul(port, SHARD_FACTOR) >>> 16) * count) >>> 16;

/** Of `total` things, the whole number that falls to a path; all of them together get all. */
export const dealtTo = (total: number, { index, count }: Shard): number => Math.floor(total / count) + (index < total % count ? 1 : 0);
