// Whose address a copy bears, and where it may go on when that one has no port left.
import { type AddressWords, type Cidr, hostAt, hostCount, isInside, isIpv4Words, isSameAddress, parseAddress, parseCidr, type Shard } from '@parallax/wire';
import { drawOfAddress, Salt } from '../stable-hash.ts';
import { PortRange } from './port-range.ts';

/** More addresses of a pool are not used: each has tens of thousands of ports. */
export const POOL_MOST = 65_536;

export interface SourcesConfig {
  /** The client's own address, one of the pool (a client has always the same), or `address` for all. */
  identity: 'client' | 'pool' | 'address';
  address: string | null;
  /** Networks whose addresses are used when the identity's own has no port left. */
  pool: readonly string[];
  /** The address of clients on the online server itself, which have none that may leave it. */
  loopbackAs: string | null;
  /** Source ports for copies that cannot have their client's own; both ends included. */
  ports: { first: number; last: number };
  /** This agent is number `index` (from 0) of `count` that feed the target. */
  share: { index: number; count: number };
  /** Of this agent's packet paths it is this one: its copies have only ports that fall to it. The only one by default. */
  shard?: Shard;
}

export const FIRST_PORT = 1024;
export const LAST_PORT = 65_535;

export const realClients: SourcesConfig = {
  identity: 'client',
  address: null,
  pool: [],
  loopbackAs: null,
  ports: { first: FIRST_PORT, last: LAST_PORT },
  share: { index: 0, count: 1 },
};

const loopback = parseCidr('127.0.0.0/8')!;
const loopback6 = parseAddress('::1')!;

/** True of a client on the online server itself: it speaks from a loopback address or from the very one that it speaks to. */
export const isLocalClient = (client: AddressWords, server: AddressWords): boolean =>
  isInside(client, loopback) || isSameAddress(client, loopback6) || isSameAddress(client, server);

function address(text: string): AddressWords {
  const words = parseAddress(text);
  if (words === null) throw new Error(`"${text}" is not an IPv4 or IPv6 address`);
  return words;
}

/** The addresses of a pool that are of the target's IP version, by ordinal. One object per address, so that senders may compare by identity. */
class Pool {
  readonly size: number;
  readonly #networks: readonly Cidr[];
  readonly #known = new Map<number, AddressWords>();

  constructor(networks: readonly Cidr[]) {
    this.#networks = networks;
    this.size = Math.min(
      POOL_MOST,
      networks.reduce((sum, network) => sum + hostCount(network), 0),
    );
  }

  at(ordinal: number): AddressWords {
    const known = this.#known.get(ordinal);
    if (known !== undefined) return known;
    const words = this.#find(ordinal);
    this.#known.set(ordinal, words);
    return words;
  }

  #find(ordinal: number): AddressWords {
    let left = ordinal;
    for (const network of this.#networks) {
      const count = hostCount(network);
      if (left < count) return hostAt(network, left);
      left -= count;
    }
    throw new Error(`the pool has no address ${ordinal}`);
  }
}

/** One mapping's choice, ready to be asked. */
export class SourceChoice {
  readonly range: PortRange;
  readonly pool: Pool;
  /** Ordinal of the pool's address to try next. */
  poolNext = 0;
  /** Until then no address of the pool is known to have a port left. */
  poolEmptyUntilS = 0;
  readonly #identity: SourcesConfig['identity'];
  readonly #address: AddressWords | null;
  readonly #loopbackAs: AddressWords | null;
  readonly #isV4: boolean;

  constructor(config: SourcesConfig, target: AddressWords) {
    this.#isV4 = isIpv4Words(target);
    this.#identity = config.identity;
    this.#address = config.address === null ? null : address(config.address);
    this.#loopbackAs = config.loopbackAs === null ? null : address(config.loopbackAs);
    this.range = new PortRange(config.ports.first, config.ports.last, config.share.index, config.share.count, config.shard);
    const networks = config.pool.map((text) => {
      const cidr = parseCidr(text);
      if (cidr === null) throw new Error(`"${text}" is not a network of addresses; write 10.0.0.0/24 or 2001:db8::/120`);
      return cidr;
    });
    this.pool = new Pool(networks.filter(({ first }) => isIpv4Words(first) === this.#isV4));
  }

  /** Copies bear addresses of the pool by right. */
  get isOfPool(): boolean {
    return this.#identity === 'pool';
  }

  /** The address that a client's copies bear by right; null if there is none of the target's IP version, or none that may leave the host. */
  ownOf(client: AddressWords, server: AddressWords): AddressWords | null {
    const own = this.#identify(client, server);
    return own !== null && isIpv4Words(own) === this.#isV4 ? own : null;
  }

  #identify(client: AddressWords, server: AddressWords): AddressWords | null {
    if (this.#identity === 'address') return this.#address;
    if (this.#identity === 'pool') return this.pool.size === 0 ? null : this.pool.at(Math.floor(drawOfAddress(Salt.source, client) * this.pool.size));
    return isLocalClient(client, server) ? this.#loopbackAs : client;
  }
}
