// What a lab looks like at this moment, read from the system and never from memory.
import { existsSync } from 'node:fs';
import { HOSTS, type Host, namespaceOf, namespacePath } from './names.ts';
import { pidsIn } from './processes.ts';
import { must, run } from './tools.ts';

export type HostStatus = {
  host: Host;
  isUp: boolean;
  /** With prefix length: 10.90.1.20/16. */
  addresses: string[];
  /** As `ip route` prints them, IPv4 first. */
  routes: string[];
  mtuBytes: number;
  /** False while the cable is unplugged. */
  hasCarrier: boolean;
  /** True if any of the switched offloads is on. */
  isOffloading: boolean;
  pids: number[];
};
export type LabStatus = { prefix: string; isUp: boolean; hosts: HostStatus[]; lossRules: string[] };

type IpAddr = { ifname: string; mtu: number; flags: string[]; addr_info: { local: string; prefixlen: number; scope: string }[] };
const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Read a lab's state; hosts that do not exist are reported as such. */
export async function readStatus(prefix: string): Promise<LabStatus> {
  const hosts = await Promise.all(HOSTS.map((host) => readHost(prefix, host)));
  const isUp = hosts.every((host) => host.isUp) && existsSync(namespacePath(namespaceOf(prefix, 'switch')));
  return { prefix, isUp, hosts, lossRules: isUp ? await readLoss(namespaceOf(prefix, 'switch')) : [] };
}

async function readHost(prefix: string, host: Host): Promise<HostStatus> {
  const name = namespaceOf(prefix, host);
  const absent: HostStatus = { host, isUp: false, addresses: [], routes: [], mtuBytes: 0, hasCarrier: false, isOffloading: false, pids: [] };
  if (!existsSync(namespacePath(name))) return absent;
  const [links, routes, routes6, features] = await Promise.all([
    must(['ip', '-n', name, '-json', 'addr', 'show', 'dev', 'eth0']),
    must(['ip', '-n', name, 'route']),
    run(['ip', '-n', name, '-6', 'route']),
    run(['ip', 'netns', 'exec', name, 'ethtool', '-k', 'eth0']),
  ]);
  const link = (JSON.parse(links) as IpAddr[]).find((candidate) => candidate.ifname === 'eth0');
  return {
    host,
    isUp: true,
    addresses: (link?.addr_info ?? []).filter((address) => address.scope === 'global').map((address) => `${address.local}/${address.prefixlen}`),
    routes: [...lines(routes), ...lines(routes6.stdout).filter((route) => !route.startsWith('fe80'))],
    mtuBytes: link?.mtu ?? 0,
    hasCarrier: link?.flags.includes('LOWER_UP') ?? false,
    isOffloading: /^(tx-checksumming|scatter-gather|tcp-segmentation-offload|generic-segmentation-offload|generic-receive-offload): on/m.test(features.stdout),
    pids: pidsIn([name]),
  };
}

/** The rules that drop, in nft's words. */
async function readLoss(switchName: string): Promise<string[]> {
  const { stdout } = await run(['ip', 'netns', 'exec', switchName, 'nft', 'list', 'table', 'bridge', 'loss']); // no such table: nothing is lost
  return lines(stdout)
    .filter((line) => line.includes('drop'))
    .map((line) => line.trim());
}
