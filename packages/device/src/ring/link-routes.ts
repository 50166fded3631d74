// The ways to the allowed destinations, kept fresh while packets flow.
import type { IpWords } from '../address.ts';
import { type NextHop, NextHops, whyNotPastIpsec } from './next-hop.ts';

const REFRESH_EVERY_MS = 1000;
/** A neighbour that the first packets (through the raw socket) made the kernel ask for is there by then. */
const REFRESH_SOON_MS = 20;
/** Routes looked at in one go; more take turns. */
const REFRESH_MOST = 64;
/** Refusals of the link, other than for want of room, after which a destination stays with the raw socket. */
const REFUSALS_MOST = 3;

/** One destination address. Shared by all its ports. */
export interface LinkRoute {
  /** Its 32-bit word; null for IPv6. */
  readonly addressWord: number | null;
  /** Null: packets leave through the raw socket. */
  hop: NextHop | null;
  /** Why there is no hop. */
  why: string;
  /** The next packet leaves through the raw socket, so that the kernel uses, and so confirms, the neighbour. */
  isProbeDue: boolean;
  /** Flush in which a packet of it was queued last. */
  queuedIn: number;
  refusals: number;
}

/** Who knows the next hop of an address. */
type Hops = Pick<NextHops, 'find' | 'close'>;

export class LinkRoutes {
  readonly #hops: Hops | null;
  readonly #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #routes: LinkRoute[] = [];
  #next = 0;
  #why: string;

  /** `why` forbids the link altogether; null allows it. */
  constructor(why: string | null, hops: Hops | null = why === null ? new NextHops() : null) {
    this.#why = why ?? '';
    this.#hops = hops;
    if (this.#hops === null) return;
    this.#timer = setInterval(() => this.refresh(), REFRESH_EVERY_MS);
    this.#timer.unref();
  }

  /** One route per address, in the order of the addresses given; what is known already stays. */
  replace(addresses: readonly IpWords[]): LinkRoute[] {
    const known = new Map(this.#routes.map((route) => [route.addressWord, route]));
    const routes = addresses.map(({ family, words }) => {
      const addressWord = family === 4 ? words[3] : null;
      const route = known.get(addressWord) ?? { addressWord, hop: null, why: this.#why, isProbeDue: false, queuedIn: -1, refusals: 0 };
      known.set(addressWord, route);
      return route;
    });
    this.#routes = [...new Set(routes)];
    this.#next = 0;
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.refresh();
    return routes;
  }

  /** Ask the kernel anew. Every destination on the link sends its next packet through the raw socket. */
  refresh(): void {
    if (this.#hops === null || this.#routes.length === 0) return;
    this.#why = whyNotPastIpsec() ?? '';
    for (let left = Math.min(REFRESH_MOST, this.#routes.length); left > 0; left--) {
      const route = this.#routes[this.#next++ % this.#routes.length]!;
      const found = this.#find(route, this.#hops);
      route.hop = typeof found === 'string' ? null : found;
      route.why = typeof found === 'string' ? found : '';
      route.isProbeDue = route.hop !== null;
    }
    this.#next %= this.#routes.length;
  }

  /** A packet had to take the raw socket: look again soon whether the kernel knows the neighbour now. */
  refreshSoon({ addressWord }: LinkRoute): void {
    if (this.#hops === null || addressWord === null) return;
    this.#soon ??= setTimeout(() => this.refresh(), REFRESH_SOON_MS).unref(); // once for a list: after that the interval does it
  }

  /** The link refused a packet of the route. */
  onRefusal(route: LinkRoute, errno: string): void {
    if (errno === 'ENOBUFS' || errno === 'EAGAIN' || errno === 'EINTR' || errno === 'EMSGSIZE') return;
    route.refusals++;
    route.hop = null;
    route.why = `the interface refused (${errno})`;
  }

  close(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#hops?.close();
  }

  #find(route: LinkRoute, hops: Hops): NextHop | string {
    if (route.addressWord === null) return 'IPv6';
    if (this.#why !== '') return this.#why;
    return route.refusals < REFUSALS_MOST ? hops.find(route.addressWord) : route.why;
  }
}
