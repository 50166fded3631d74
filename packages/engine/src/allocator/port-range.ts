/** Ports that belong together when agents share a target. Of the ports that a client's system chooses, each agent so has its part. */
const DEALT_PORTS = 64;

/** Which source ports copies may get: a range, and of it the part of this agent when several feed one target. */
export class PortRange {
  readonly first: number;
  readonly last: number;
  readonly shareIndex: number;
  readonly shareCount: number;
  /** Ports in it. */
  readonly size: number;

  /** Both ends included; this agent is number `shareIndex` (from 0) of `shareCount`. */
  constructor(first: number, last: number, shareIndex = 0, shareCount = 1) {
    this.first = first;
    this.last = last;
    this.shareIndex = shareIndex;
    this.shareCount = shareCount;
    let size = 0;
    for (let port = first; port <= last; port++) if (this.isOwn(port)) size++;
    this.size = size;
  }

  /** Does the port, in the range or not, fall to this agent? The parts of several agents are disjoint. */
  isOwn(port: number): boolean {
    return this.shareCount === 1 || Math.floor(port / DEALT_PORTS) % this.shareCount === this.shareIndex;
  }

  has(port: number): boolean {
    return port >= this.first && port <= this.last && this.isOwn(port);
  }
}
