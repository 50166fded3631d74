// Where the IP header begins behind each link header (https://www.tcpdump.org/linktypes.html).

export const LINK_NULL = 0;
export const LINK_ETHERNET = 1;
export const LINK_RAW = 101;
export const LINK_SLL = 113;
export const LINK_SLL2 = 276;
const DLT_RAW = 12; // what Linux programs write where LINKTYPE_RAW is meant

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const VLAN_TAGS = [0x8100, 0x88a8, 0x9100];

export const isKnownLinkType = (linkType: number): boolean => [LINK_NULL, LINK_ETHERNET, DLT_RAW, LINK_RAW, LINK_SLL, LINK_SLL2].includes(linkType);

/** Offset of the IP header of the frame in bytes [at, end), behind up to two VLAN tags; -1 if the frame is not IP or is cut off. */
export function ipOffset(view: DataView, at: number, end: number, linkType: number): number {
  let ip = -1;
  switch (linkType) {
    case LINK_ETHERNET:
      ip = behindEthertype(view, at + 12, at + 14, end);
      break;
    case LINK_SLL:
      ip = behindEthertype(view, at + 14, at + 16, end);
      break;
    case LINK_SLL2:
      ip = behindEthertype(view, at, at + 20, end);
      break;
    case LINK_NULL:
      ip = at + 4; // an address family in the writer's byte order: the IP version says the same
      break;
    case DLT_RAW:
    case LINK_RAW:
      ip = at;
      break;
  }
  if (ip < 0 || ip + 20 > end) return -1;
  const version = view.getUint8(ip) >> 4;
  return version === 4 || (version === 6 && ip + 40 <= end) ? ip : -1;
}

/** sll_pkttype of a cooked frame (packet(7): 0 to this host, 3 to another, 4 sent by it); -1 where the link header does not say. */
export function packetType(view: DataView, at: number, end: number, linkType: number): number {
  if (linkType === LINK_SLL && at + 2 <= end) return view.getUint16(at);
  if (linkType === LINK_SLL2 && at + 11 <= end) return view.getUint8(at + 10);
  return -1;
}

function behindEthertype(view: DataView, typeAt: number, payloadAt: number, end: number): number {
  let type = typeAt;
  let payload = payloadAt;
  for (let tags = 0; tags <= 2; tags++) {
    if (payload > end) return -1;
    const ethertype = view.getUint16(type);
    if (ethertype === ETHERTYPE_IPV4 || ethertype === ETHERTYPE_IPV6) return payload;
    if (!VLAN_TAGS.includes(ethertype)) return -1;
    type = payload + 2;
    payload += 4;
  }
  return -1;
}
