// Numbers of the Linux packet and raw socket interfaces (64-bit little endian; x64 and arm64 agree).

export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const IPPROTO_RAW = 255;
export const ETH_P_ALL = 0x0003;
export const ETH_P_IP = 0x0800;

export const SOL_IP = 0;
export const IP_RECVERR = 11;
export const SOL_IPV6 = 41;
export const IPV6_RECVERR = 25;
export const SOL_SOCKET = 1;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_ATTACH_FILTER = 26;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_TIMESTAMPNS = 35; // of 64-bit time: struct timespec
export const SO_RXQ_OVFL = 40;

export const SOL_PACKET = 263;
export const PACKET_RX_RING = 5;
export const PACKET_STATISTICS = 6;
export const PACKET_COPY_THRESH = 7;
export const PACKET_AUXDATA = 8;
export const PACKET_VERSION = 10;
export const PACKET_VNET_HDR = 15;
export const TPACKET_V2 = 1;
export const TPACKET_V3 = 2;

/** Bits of tp_status of a frame, a block, or tpacket_auxdata (linux/if_packet.h). */
export const TP_STATUS_KERNEL = 0;
export const TP_STATUS_USER = 0x01;
export const TP_STATUS_COPY = 0x02;
export const TP_STATUS_LOSING = 0x04;
export const TP_STATUS_CSUMNOTREADY = 0x08;

/** struct virtio_net_hdr: flags and gso_type (linux/virtio_net.h). */
export const VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
export const VIRTIO_NET_HDR_GSO_TCPV4 = 1;

export const MSG_DONTWAIT = 0x40;

export const MADV_DONTNEED = 4;
export const PROT_READ_WRITE = 3;
export const MAP_SHARED = 0x01;
export const MAP_PRIVATE = 0x02;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const MAP_NORESERVE = 0x4000;
export const MAP_POPULATE = 0x8000;
