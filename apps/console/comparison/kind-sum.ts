// What is known of one kind of request over some time: counts that can be added up, of both servers.
import { Histogram, Reservoir, type SideName } from '@parallax/latency';

export class SideSum {
  count = 0;
  errors = 0;
  readonly firstByte = new Histogram();
  readonly lastByte = new Histogram();

  reset(): void {
    this.count = this.errors = 0;
    this.firstByte.reset();
    this.lastByte.reset();
  }
}

export class KindSum {
  readonly online = new SideSum();
  readonly target = new SideSum();
  readonly held = new Histogram();
  /** Target minus online of the same exchange. */
  readonly difference = new Histogram();
  readonly chosen: Reservoir;

  /** Keeps at most `pairs` pairs. */
  constructor(pairs: number, random: () => number) {
    this.chosen = new Reservoir(pairs, random);
  }

  side(name: SideName): SideSum {
    return this[name];
  }

  reset(): void {
    this.online.reset();
    this.target.reset();
    this.held.reset();
    this.difference.reset();
    this.chosen.reset();
  }
}
