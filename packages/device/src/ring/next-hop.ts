// Whom to hand a packet on the link: what the kernel itself would do with it, asked of its tables (IPv4 over Ethernet only).
import { attributesOf, NETLINK_ROUTE, NETLINK_XFRM, Netlink, requestWithAddress } from './netlink.ts';

// linux/rtnetlink.h, linux/neighbour.h, linux/if_link.h, linux/xfrm.h
const RTM_GETLINK = 18;
const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;
const RTM_GETNEIGH = 30;
const RTN_UNICAST = 1;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_VIA = 18;
const RTA_ENCAP = 22;
const NDA_DST = 1;
const NDA_LLADDR = 2;
/** REACHABLE, STALE, DELAY, PROBE, PERMANENT: the kernel would send to this address right now. */
const NUD_USABLE = 0x02 | 0x04 | 0x08 | 0x10 | 0x80;
const ARPHRD_ETHER = 1;
const IFLA_ADDRESS = 1;
const IFLA_MTU = 4;
const IFF_NOARP = 0x80;
const XFRM_MSG_GETSPDINFO = 0x25;
const XFRMA_SPD_INFO = 1;

const MAC_BYTES = 6;

/** The way to a destination: the interface and both addresses of the Ethernet header. */
export interface NextHop {
  readonly interfaceIndex: number;
  /** Largest IP packet of the interface. */
  readonly mtuBytes: number;
  /** Destination and source MAC as they stand in an Ethernet header, as three 32-bit words. */
  readonly macs: readonly [number, number, number];
}

/** Finds next hops. Asking takes about 20 µs. */
export class NextHops {
  readonly #route = new Netlink(NETLINK_ROUTE);

  /**
   * The next hop to an IPv4 address (its 32-bit word), by the same tables and rules as the kernel's own sending; or the reason why there is none: local,
   * tunnelled, not Ethernet, or its neighbour's address is not known (yet).
   */
  find(addressWord: number): NextHop | string {
    const route = this.#routeTo(addressWord);
    if (typeof route === 'string') return route;
    const link = this.#ethernetLink(route.interfaceIndex);
    if (typeof link === 'string') return link;
    const destinationMac = this.#neighbour(route.interfaceIndex, route.gatewayWord);
    if (typeof destinationMac === 'string') return destinationMac;
    const macs = new DataView(Uint8Array.of(...destinationMac, ...link.sourceMac).buffer);
    return { interfaceIndex: route.interfaceIndex, mtuBytes: link.mtuBytes, macs: [macs.getInt32(0), macs.getInt32(4), macs.getInt32(8)] };
  }

  close(): void {
    this.#route.close();
  }

  #routeTo(addressWord: number): { interfaceIndex: number; gatewayWord: number } | string {
    const { body, view } = requestWithAddress(12, RTA_DST, addressWord); // struct rtmsg
    view.setUint8(1, 32); // rtm_dst_len
    const answer = this.#route.ask(RTM_GETROUTE, body);
    if (typeof answer === 'string') return `no route (${answer})`;
    const attributes = attributesOf(answer.view, answer.at + 12, answer.end);
    const oif = attributes.get(RTA_OIF);
    if (answer.type !== RTM_NEWROUTE || answer.view.getUint8(answer.at + 7) !== RTN_UNICAST || oif === undefined) return 'not a unicast route';
    if (attributes.has(RTA_VIA) || attributes.has(RTA_ENCAP)) return 'a tunnelled route';
    const gateway = attributes.get(RTA_GATEWAY);
    return { interfaceIndex: answer.view.getInt32(oif.at, true), gatewayWord: gateway === undefined ? addressWord : answer.view.getInt32(gateway.at) };
  }

  #ethernetLink(interfaceIndex: number): { mtuBytes: number; sourceMac: Uint8Array } | string {
    const body = new Uint8Array(16); // struct ifinfomsg: family u8, pad u8, type u16, index i32, flags u32, change u32
    new DataView(body.buffer).setInt32(4, interfaceIndex, true);
    const answer = this.#route.ask(RTM_GETLINK, body);
    if (typeof answer === 'string') return `no interface (${answer})`;
    const isEthernet = answer.view.getUint16(answer.at + 2, true) === ARPHRD_ETHER && (answer.view.getUint32(answer.at + 8, true) & IFF_NOARP) === 0;
    const attributes = attributesOf(answer.view, answer.at + 16, answer.end);
    const address = attributes.get(IFLA_ADDRESS);
    const mtu = attributes.get(IFLA_MTU);
    if (!isEthernet || address?.bytes !== MAC_BYTES || mtu === undefined) return 'not an Ethernet interface';
    return { mtuBytes: answer.view.getUint32(mtu.at, true), sourceMac: new Uint8Array(answer.view.buffer).slice(address.at, address.at + MAC_BYTES) };
  }

  #neighbour(interfaceIndex: number, addressWord: number): Uint8Array | string {
    const { body, view } = requestWithAddress(12, NDA_DST, addressWord); // struct ndmsg: family u8, pad 3, ifindex i32, state u16, flags u8, type u8
    view.setInt32(4, interfaceIndex, true);
    const answer = this.#route.ask(RTM_GETNEIGH, body);
    if (typeof answer === 'string') return `neighbour unknown (${answer})`;
    const address = attributesOf(answer.view, answer.at + 12, answer.end).get(NDA_LLADDR);
    if ((answer.view.getUint16(answer.at + 8, true) & NUD_USABLE) === 0 || address?.bytes !== MAC_BYTES) return 'neighbour not resolved';
    return new Uint8Array(answer.view.buffer).slice(address.at, address.at + MAC_BYTES);
  }
}

/**
 * May packets leave without passing the kernel's IPsec policies? Null if this host has none, otherwise the reason. Not being able to ask is one: what
 * should be encrypted must not leave in the clear.
 */
export function whyNotPastIpsec(): string | null {
  let xfrm: Netlink;
  try {
    xfrm = new Netlink(NETLINK_XFRM);
  } catch {
    return null; // this kernel has no IPsec
  }
  try {
    const answer = xfrm.ask(XFRM_MSG_GETSPDINFO, new Uint8Array(4));
    if (typeof answer === 'string') return `IPsec policies cannot be read (${answer})`;
    const info = attributesOf(answer.view, answer.at + 4, answer.end).get(XFRMA_SPD_INFO);
    if (info === undefined) return 'IPsec policies cannot be read';
    return answer.view.getUint32(info.at + 4, true) > 0 ? 'this host has IPsec policies' : null; // struct xfrmu_spdinfo: incnt, outcnt, ...
  } finally {
    xfrm.close();
  }
}
