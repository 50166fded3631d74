// Every (address, port) pair from which something speaks to a target, or has spoken so lately that the target remembers.
import type { AddressWords } from '@parallax/wire';
import type { Copy } from '../copy/copy.ts';
import type { Lingering } from '../copy/lingering.ts';
import { FlowKey, FlowTable } from '../flow-table.ts';
import type { Parked } from '../parking/parking.ts';
import { drawOfAddress } from '../stable-hash.ts';
import type { SourceChoice } from './source-choice.ts';
import { SourcePorts } from './source-ports.ts';

/** In a larger pool no address is asked again for a second once all of them had no port left. */
const SMALL_POOL = 64;

/** Where a copy speaks from. */
export interface Pair {
  readonly source: AddressWords;
  readonly port: number;
}

/** Who wants a pair, and for where. */
export interface Request {
  readonly client: AddressWords;
  readonly clientPort: number;
  readonly server: AddressWords;
  readonly target: AddressWords;
  readonly targetPort: number;
  /** The first copy of a session has the client's own port whenever that is free. */
  readonly isFirst: boolean;
}

export class Leases {
  /** Copies that the target may still know, by pair and target. Of those whose session is parked, its record; of those that only linger, their number (lingering.ts). */
  readonly copies: FlowTable<Copy | Parked>;
  /** How many open connections of real clients have that pair and belong to that target. */
  readonly #clients: FlowTable<number>;
  /** Of the addresses that other ports than the clients' own were looked for. */
  readonly #sources: FlowTable<SourcePorts>;
  readonly #key = new FlowKey();
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.copies = new FlowTable(seed);
    this.#clients = new FlowTable(seed ^ 0x2545f491);
    this.#sources = new FlowTable(seed ^ 0x68bc21eb, 64);
  }

  /** Addresses at targets of which ports were looked for and are in use or cooling. */
  get sourcesKnown(): number {
    return this.#sources.size;
  }

  /** Pairs of real clients that are there now. */
  get clientsKnown(): number {
    return this.#clients.size;
  }

  /** A real client came (1) or went (-1): while it is there, its pair is not for copies of others. */
  countClient(client: AddressWords, port: number, target: AddressWords, targetPort: number, change: 1 | -1): void {
    const key = this.#key.set(client, port, target, targetPort);
    const before = this.#clients.get(key) ?? 0;
    if (before + change > 0) this.#clients.set(key, before + change);
    else this.#clients.delete(key, before);
  }

  /** A pair for a new copy; null if no address has a port left. */
  find(request: Request, choice: SourceChoice, nowMs: number): Pair | null {
    const nowS = Math.floor(nowMs / 1000);
    const own = choice.ownOf(request.client, request.server);
    if (own !== null) {
      if (request.isFirst && this.#isOwnPortFree(request, choice, own, nowS)) return { source: own, port: request.clientPort };
      const pair = this.#findAt(own, request, choice, nowS);
      if (pair !== null) return pair;
    }
    return this.#findInPool(request, choice, nowS);
  }

  /** Those that are not parked. */
  *awake(): IterableIterator<Copy> {
    for (const copy of this.copies.values()) if (typeof copy === 'object') yield copy;
  }

  add(copy: Copy): void {
    this.copies.set(this.#keyOf(copy), copy);
    if (this.#sources.size > 0) this.#sources.get(this.#key.set(copy.source, 0, copy.target, copy.targetPort))?.take(copy.sourcePort);
  }

  /** The copy only lingers: the table leads to this number. */
  reduce(copy: Copy, number: number): void {
    this.copies.set(this.#keyOf(copy), number);
  }

  /** The copy says nothing more. Its target may remember it for `coolMs`. */
  remove(copy: Copy | Lingering, value: Copy | number, coolMs: number, nowMs: number): void {
    this.copies.delete(this.#keyOf(copy), value);
    if (this.#sources.size === 0) return;
    const source = this.#sources.get(this.#key.set(copy.source, 0, copy.target, copy.targetPort));
    source?.release(copy.sourcePort, coolMs > 0 ? Math.ceil((nowMs + coolMs) / 1000) : 0, Math.floor(nowMs / 1000));
  }

  /** Forget addresses of which nothing is in use. */
  sweep(nowMs: number): void {
    const nowS = Math.floor(nowMs / 1000);
    for (const source of this.#sources.values())
      if (source.isIdle(nowS)) this.#sources.delete(this.#key.set(source.address, 0, source.target, source.targetPort), source);
  }

  /**
   * A client that uses its port anew knows what it does, so its own pair is free even while the target remembers the last copy there;
   * somebody else's address must also be free of real clients and cool.
   */
  #isOwnPortFree({ client, clientPort, target, targetPort }: Request, choice: SourceChoice, own: AddressWords, nowS: number): boolean {
    if (!choice.range.isOwn(clientPort)) return false;
    if (this.copies.get(this.#key.set(own, clientPort, target, targetPort)) !== undefined) return false;
    if (own === client) return true;
    if (this.#clients.get(this.#key) !== undefined) return false;
    return this.#sources.get(this.#key.set(own, 0, target, targetPort))?.isFree(clientPort, nowS) ?? true;
  }

  #findAt(address: AddressWords, { target, targetPort }: Request, { range }: SourceChoice, nowS: number): Pair | null {
    const key = this.#key.set(address, 0, target, targetPort);
    let source = this.#sources.get(key);
    if (source === undefined) {
      // Not where the last run began: the target may still know its connections.
      const startPort = Math.floor(drawOfAddress(this.#seed, address) * 65_536);
      source = new SourcePorts(address, target, targetPort, startPort);
      this.#sources.set(key, source);
    }
    const port = source.find(range, nowS, (candidate) => {
      const pair = this.#key.set(address, candidate, target, targetPort);
      return this.copies.get(pair) !== undefined || this.#clients.get(pair) !== undefined;
    });
    return port === 0 ? null : { source: source.address, port };
  }

  #findInPool(request: Request, choice: SourceChoice, nowS: number): Pair | null {
    const { pool } = choice;
    if (nowS < choice.poolEmptyUntilS) return null;
    for (let left = pool.size; left > 0; left--) {
      const address = pool.at(choice.poolNext);
      choice.poolNext = (choice.poolNext + 1) % pool.size;
      const pair = this.#findAt(address, request, choice, nowS);
      if (pair !== null) return pair;
    }
    if (pool.size > SMALL_POOL) choice.poolEmptyUntilS = nowS + 1;
    return null;
  }

  #keyOf(copy: Copy | Lingering): FlowKey {
    return this.#key.set(copy.source, copy.sourcePort, copy.target, copy.targetPort);
  }
}
