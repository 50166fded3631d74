// Which copies have ended, and which of their connections the target may be left with.
import type { Copy } from '../copy/copy.ts';
import type { Lingering } from '../copy/lingering.ts';

export class Endings {
  readonly #noted = new WeakSet<Copy | Lingering>();
  readonly #endedPorts = new Set<number>();
  /** Ports of ended copies of which a packet was lost afterwards: their resets may all have been. */
  readonly excusedPorts = new Set<number>();

  /** True when the copy's end was not known yet. */
  note(copy: Copy | Lingering): boolean {
    if (this.#noted.has(copy)) return false;
    this.#noted.add(copy);
    this.#endedPorts.add(copy.sourcePort);
    return true;
  }

  /** A packet of the copy at this port was lost. */
  excuse(port: number): void {
    if (this.#endedPorts.has(port)) this.excusedPorts.add(port);
  }
}
