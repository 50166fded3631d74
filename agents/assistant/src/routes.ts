// Which relays want the answers of which target.

import { type Adapter, adapterOf } from '@parallax/adapters';
import type { Relay } from '@parallax/agent-kit/child';
import { type AddressWords, formatAddress, type IpView, parseAddress } from '@parallax/wire';

/** `adapter` reads the target's answers; null where their headers are enough. */
export type Route = { address: AddressWords; port: number; relays: Relay[]; adapter: Adapter | null };

/** Found again for every captured answer: by port first, then by address. */
export class Routes {
  readonly #byPort = new Map<number, Route[]>();

  /** Build the table from what the connected relays announced. */
  replace(relays: Iterable<Relay>): void {
    this.#byPort.clear();
    for (const relay of relays) {
      for (const target of relay.targets) {
        const address = parseAddress(target.address);
        if (address === null) continue;
        const route = this.#routeOf(address, target.port);
        if (!route.relays.includes(relay)) route.relays.push(relay);
        route.adapter ??= target.adapter === null ? null : adapterOf(target.adapter);
      }
    }
  }

  /** Every target once. */
  get targets(): { address: string; port: number; isRead: boolean }[] {
    return [...this.#byPort.values()].flat().map(({ address, port, adapter }) => ({ address: formatAddress(address), port, isRead: adapter !== null }));
  }

  /** Who wants answers from this source; null when nobody does. */
  find(ip: IpView, sourcePort: number): Route | null {
    const routes = this.#byPort.get(sourcePort);
    if (routes === undefined) return null;
    for (let index = 0; index < routes.length; index++) {
      const route = routes[index]!;
      const { address } = route;
      if (address[3] === ip.source(3) && address[2] === ip.source(2) && address[1] === ip.source(1) && address[0] === ip.source(0)) return route;
    }
    return null;
  }

  #routeOf(address: AddressWords, port: number): Route {
    const routes = this.#byPort.get(port) ?? [];
    this.#byPort.set(port, routes);
    let route = routes.find((each) => each.address.every((word, index) => word === address[index]));
    if (route === undefined) {
      route = { address, port, relays: [], adapter: null };
      routes.push(route);
    }
    return route;
  }
}
