import { type Shard, shardOf, wholeShard } from '@parallax/wire';

/** Ports that belong together when agents share a target. Of the ports that a client's system chooses, each agent so has its part. */
const DEALT_PORTS = 64;

/** Which source ports copies may get: a range, and of it the part of this agent when several feed one target, and of this packet path where the agent has several. */
export class PortRange {
  readonly first: number;
  readonly last: number;
  readonly shareIndex: number;
  readonly shareCount: number;
  readonly shard: Shard;
  /** Ports in it. */
  readonly size: number;

  /** Both ends included; this agent is number `shareIndex` (from 0) of `shareCount`. */
  constructor(first: number, last: number, shareIndex = 0, shareCount = 1, shard = wholeShard) {
    this.first = first;
    this.last = last;
    this.shareIndex = shareIndex;
    this.shareCount = shareCount;
    this.shard = shard;
    let size = 0;
    for (let port = first; port <= last; port++) if (this.isOwn(port)) size++;
    this.size = size;
  }

  /** Does the port, in the range or not, fall to this packet path? The parts of several agents and paths are disjoint. */
  isOwn(port: number): boolean {
    const { shareIndex, shareCount, shard } = this;
    if (shard.count > 1 && shardOf(port, shard.count) !== shard.index) return false;
    return shareCount === 1 || Math.floor(port / DEALT_PORTS) % shareCount === shareIndex;
  }

  has(port: number): boolean {
    return port >= this.first && port <= this.last && this.isOwn(port);
  }
}
