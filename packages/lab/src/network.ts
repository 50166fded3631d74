// Builds the lab's network: one shell script per namespace, because one program start per setting would take seconds.
//
//   client 10.90.0.10-19 ──┐
//   online    10.90.1.20 ──┼── bridge br0 in the namespace PREFIX-switch
//   target    10.90.1.21 ──┤
//   assistant 10.90.1.22 ──┘
//
// Nothing is added to the root namespace: the veth pairs are born in the switch and their far ends are moved straight into the hosts.
import { existsSync } from 'node:fs';
import {
  ADDRESS,
  ADDRESS6,
  CLIENT_ADDRESSES,
  CLIENT_ADDRESSES6,
  CLIENT_NET,
  CLIENT_NET6,
  type Direction,
  HOSTS,
  type Host,
  MAC,
  namespaceOf,
  type OnOff,
  PREFIX_BITS,
} from './names.ts';

/** False on a kernel without IPv6; the lab is IPv4 only there. */
export const hasIpv6 = (): boolean => existsSync('/proc/sys/net/ipv6');

/** Offloads that make captured packets differ from those on a wire: checksums not yet written, segments above the MTU. */
const OFFLOADS = ['tx', 'sg', 'tso', 'gso', 'gro'];

/** A line that sets a sysctl, and does nothing on kernels that lack it. */
const sysctl = (key: string, value: string | number): string => {
  const path = `/proc/sys/${key.replaceAll('.', '/')}`;
  return `[ ! -e ${path} ] || echo '${value}' > ${path}`;
};

/** Script for the switch: a learning bridge that neither filters nor speaks. Safe to run again. */
export function switchScript(): string {
  return [
    sysctl('net.ipv6.conf.all.disable_ipv6', 1),
    sysctl('net.ipv6.conf.default.disable_ipv6', 1),
    'ip link set lo up',
    'ip link show br0 >/dev/null 2>&1 || ip link add br0 type bridge',
    'ip link set br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0',
    'ip link set br0 up',
    ...['iptables', 'ip6tables', 'arptables'].map((table) => sysctl(`net.bridge.bridge-nf-call-${table}`, 0)),
  ].join('\n');
}

/** Script for the switch: one port, its far end born as eth0 in the host's namespace. Only for a host without eth0. */
export function cableScript(prefix: string, host: Host): string {
  return [
    `ip link del p-${host} 2>/dev/null || true`,
    `ip link add p-${host} type veth peer name eth0 address ${MAC[host]} netns ${namespaceOf(prefix, host)}`,
  ].join('\n');
}

/** Script for the switch: plug or unplug one host. */
export const portScript = (host: Host, state: 'up' | 'down'): string => `ip link set p-${host} master br0 ${state}`;

/** Script for a host: addresses, and the settings a replay needs. Safe to run again. */
export function hostScript(host: Host, withIpv6: boolean): string {
  const addresses = host === 'client' ? CLIENT_ADDRESSES : [ADDRESS[host]];
  const addresses6 = host === 'client' ? CLIENT_ADDRESSES6 : [ADDRESS6[host]];
  const lines: string[] = [];
  for (const scope of ['all', 'default', 'eth0']) {
    // Answers leave through another host than requests come from: no check of the way back.
    for (const key of ['rp_filter', 'send_redirects', 'accept_redirects']) lines.push(sysctl(`net.ipv4.conf.${scope}.${key}`, 0));
    if (!withIpv6) continue;
    lines.push(sysctl(`net.ipv6.conf.${scope}.disable_ipv6`, 0));
    // Addresses are usable at once: no duplicate detection, no waiting for routers that do not exist.
    for (const key of ['accept_dad', 'dad_transmits', 'accept_ra', 'autoconf', 'router_solicitations', 'accept_redirects', 'forwarding'])
      lines.push(sysctl(`net.ipv6.conf.${scope}.${key}`, 0));
  }
  lines.push(
    sysctl('net.ipv4.ip_forward', 0), // the assistant is where the target's answers end
    sysctl('net.core.somaxconn', 16_384),
    sysctl('net.ipv4.tcp_max_syn_backlog', 16_384),
    sysctl('net.ipv4.ip_local_port_range', '1024 65535'),
    sysctl('net.ipv4.tcp_tw_reuse', 1),
    'ip link set lo up',
    'ip link set eth0 txqueuelen 10000 up',
    ...addresses.map((address) => `ip addr replace ${address}/${PREFIX_BITS} dev eth0`),
  );
  if (withIpv6) lines.push(...addresses6.map((address) => `ip -6 addr replace ${address}/${PREFIX_BITS} dev eth0 nodad`));
  return lines.join('\n');
}

/** ethtool arguments that turn all offloads of one interface on or off. */
export const offloadArgs = (device: string, value: OnOff): string[] => ['ethtool', '-K', device, ...OFFLOADS.flatMap((feature) => [feature, value])];

/** Script for the switch: offloads of all ports. */
export const portOffloadScript = (value: OnOff): string => HOSTS.map((host) => offloadArgs(`p-${host}`, value).join(' ')).join('\n');

/** Script for the target: client addresses through the assistant, or directly again. */
export function routeScript(value: OnOff, withIpv6: boolean): string {
  if (value === 'off') return [`ip route del ${CLIENT_NET} 2>/dev/null || true`, `ip -6 route del ${CLIENT_NET6} 2>/dev/null || true`].join('\n');
  const lines = [`ip route replace ${CLIENT_NET} via ${ADDRESS.assistant} dev eth0`];
  if (withIpv6) lines.push(`ip -6 route replace ${CLIENT_NET6} via ${ADDRESS6.assistant} dev eth0`);
  return lines.join('\n');
}

/**
 * Script for the switch: drop this share of what goes to or comes from the target, as a bad cable would. Not on the target itself: a packet that its own
 * OUTPUT rules drop is a failed send to its kernel, which then gives half-open connections up. Neighbour discovery is spared, as ARP is.
 */
export function lossScript(lossPercent: number, direction: Direction): string {
  const lines = ['nft delete table bridge loss 2>/dev/null || true'];
  if (lossPercent === 0) return lines.join('\n');
  const outOf1e6 = Math.round(lossPercent * 10_000);
  const chance = outOf1e6 < 1_000_000 ? `numgen random mod 1000000 < ${outOf1e6} ` : ''; // nft refuses a claim that is always true
  lines.push('nft add table bridge loss', "nft 'add chain bridge loss forward { type filter hook forward priority 0; }'");
  lines.push("nft 'add rule bridge loss forward icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept'");
  for (const [match, wanted] of [
    ['oifname', 'in'],
    ['iifname', 'out'],
  ] as const) {
    if (direction !== wanted && direction !== 'both') continue;
    lines.push(`nft 'add rule bridge loss forward ${match} "p-target" ether type { ip, ip6 } ${chance}drop'`);
  }
  return lines.join('\n');
}
