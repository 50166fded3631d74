// Which relays want the answers of which target.
import type { Relay } from '@parallax/agent-kit/child';
import { type AddressWords, type IpView, parseAddress } from '@parallax/wire';

type Route = { address: AddressWords; port: number; relays: Relay[] };

/** Found again for every captured answer: by port first, then by address. */
export class Routes {
  readonly #byPort = new Map<number, Route[]>();

  /** Build the table from what the connected relays announced. */
  replace(relays: Iterable<Relay>): void {
    this.#byPort.clear();
    for (const relay of relays) {
      for (const target of relay.targets) {
        const address = parseAddress(target.address);
        if (address !== null) this.#routeOf(address, target.port).relays.push(relay);
      }
    }
  }

  /** The relays that want answers from this source; null when none does. */
  find(ip: IpView, sourcePort: number): readonly Relay[] | null {
    const routes = this.#byPort.get(sourcePort);
    if (routes === undefined) return null;
    for (let index = 0; index < routes.length; index++) {
      const { address, relays } = routes[index]!;
      if (address[3] === ip.source(3) && address[2] === ip.source(2) && address[1] === ip.source(1) && address[0] === ip.source(0)) return relays;
    }
    return null;
  }

  #routeOf(address: AddressWords, port: number): Route {
    const routes = this.#byPort.get(port) ?? [];
    this.#byPort.set(port, routes);
    let route = routes.find((each) => each.address.every((word, index) => word === address[index]));
    if (route === undefined) {
      route = { address, port, relays: [] };
      routes.push(route);
    }
    return route;
  }
}
