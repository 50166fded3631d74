import type { AddressWords } from '@parallax/wire';
import type { PortRange } from './port-range.ts';

const BLOCK_BITS = 8;
const BLOCK_PORTS = 1 << BLOCK_BITS;
const LIVE = 0x7fffffff;

/** The ports of one source address at one target: in use, cooling until a second of the engine's clock, or free. Memory only for blocks of 256 that were used. */
export class SourcePorts {
  readonly address: AddressWords;
  readonly target: AddressWords;
  readonly targetPort: number;
  /** Copies that were noted here. */
  live = 0;
  readonly #blocks: (Int32Array | undefined)[] = [];
  #cursor: number;
  /** When the last port is cool. */
  #coolAtS = 0;
  /** A search of the whole range found nothing: until then only what was returned since is worth a look. */
  #searched: PortRange | null = null;
  #searchAgainAtS = 0;
  #returned: number[] = [];

  /** The first search begins at port `startPort`. */
  constructor(address: AddressWords, target: AddressWords, targetPort: number, startPort = 0) {
    this.#cursor = startPort;
    this.address = address;
    this.target = target;
    this.targetPort = targetPort;
  }

  /** Nothing is known here that matters any more. */
  isIdle(nowS: number): boolean {
    return this.live === 0 && this.#coolAtS <= nowS;
  }

  isFree(port: number, nowS: number): boolean {
    const block = this.#blocks[port >>> BLOCK_BITS];
    return block === undefined || block[port & (BLOCK_PORTS - 1)]! <= nowS;
  }

  take(port: number): void {
    const block = this.#blockOf(port);
    if (block[port & (BLOCK_PORTS - 1)] === LIVE) return;
    block[port & (BLOCK_PORTS - 1)] = LIVE;
    this.live++;
  }

  /** The copy is gone; the port may be used again from that second on. One that was not noted when it was taken is noted as cooling. */
  release(port: number, freeAtS: number, nowS: number): void {
    const block = this.#blockOf(port);
    if (block[port & (BLOCK_PORTS - 1)] === LIVE) this.live--;
    block[port & (BLOCK_PORTS - 1)] = freeAtS;
    if (freeAtS > nowS) this.#coolAtS = Math.max(this.#coolAtS, freeAtS);
    else if (this.#searched !== null) this.#returned.push(port);
  }

  /** The next free port of the range behind the one found last, of which `isTaken` knows nothing; 0 if there is none. */
  find(range: PortRange, nowS: number, isTaken: (port: number) => boolean): number {
    if (this.#searched === range && nowS < this.#searchAgainAtS) return this.#findReturned(range, nowS, isTaken);
    const span = range.last - range.first + 1;
    let port = this.#cursor < range.first || this.#cursor > range.last ? range.first + (this.#cursor % span) : this.#cursor;
    for (let left = span; left > 0; left--, port++) {
      if (port > range.last) port = range.first;
      if (!range.isOwn(port) || !this.isFree(port, nowS) || isTaken(port)) continue;
      this.#cursor = port + 1;
      this.#searched = null;
      return port;
    }
    this.#searched = range;
    this.#searchAgainAtS = nowS + 1; // by then some have cooled, or clients have left
    this.#returned = [];
    return 0;
  }

  #blockOf(port: number): Int32Array {
    let block = this.#blocks[port >>> BLOCK_BITS];
    if (block === undefined) {
      block = new Int32Array(BLOCK_PORTS);
      this.#blocks[port >>> BLOCK_BITS] = block;
    }
    return block;
  }

  #findReturned(range: PortRange, nowS: number, isTaken: (port: number) => boolean): number {
    for (let port = this.#returned.pop(); port !== undefined; port = this.#returned.pop()) {
      if (range.has(port) && this.isFree(port, nowS) && !isTaken(port)) return port;
    }
    return 0;
  }
}
